/** Addresses for notifications: none counts before its code came back, and every change is notified to all of them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { attemptCounter } from '../../../src/stores/keys.ts';
import { currentStep, eventsOf, formOf, userWithPassword, userWithTotp } from '../../support/clients/sign-in-flow.ts';
import { otherThan } from '../../support/messages/mail.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { addressCode, notifiedEvents, outboxOf } from '../../support/users/account-notifications.ts';
import { linkTo, reach, type Visit, visit, withEmail } from '../../support/users/account-visits.ts';

const mail = { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } };
const authenticators = { password: { enabled: true }, totp: { enabled: true } };
const settings = (more: object = { mail }) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Acme' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators,
    ...more,
  }),
});

let node: TestNode;
let now = Math.floor(Date.now() / 1000);
beforeAll(async () => {
  node = await startNode({ now: () => now, files: settings() });
});
afterAll(() => node.stop());

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

function addressesOf(page: Page): readonly string[] {
  return [...page.html.matchAll(/<p class="option-name"><bdi[^>]*>([^<]+)</g)].map(([, address = '']) => address);
}

async function addPage(user: TestUser, agent?: UserAgent): Promise<Visit> {
  return visit(node, user, { path: '/account/addresses/add', agent });
}

/** As far as the page that asks for the code. */
async function ask(user: TestUser, email: string, agent?: UserAgent): Promise<Visit> {
  const page = await addPage(user, agent);
  return { agent: page.agent, page: await page.agent.submit(page.page, formOf(page.page, 'add-address'), { email }) };
}

async function confirm({ agent, page }: Visit, passcode: string): Promise<Page> {
  return agent.submit(page, formOf(page, 'confirm-address'), { passcode });
}

async function add(user: TestUser, email: string, agent?: UserAgent): Promise<Visit> {
  const asked = await ask(user, email, agent);
  const page = await confirm(asked, await addressCode(node, email));
  expect(page.messages).toEqual(['account.done.address_added']);
  await allowAnother(user);
  return { agent: asked.agent, page };
}

/** As if the last message had been sent some time ago. */
async function allowAnother({ id }: TestUser): Promise<void> {
  await node.store.commit([{ op: 'reset', counter: attemptCounter(id, 'notification_address.send') }]);
}

test('an address counts once its code came back; all are notified, the new one too, and mail need be no authenticator', async () => {
  const user = await userWithPassword(node);
  const own = await withEmail(node, user);
  const fresh = `new-${own}`;
  const asked = await ask(user, `  ${fresh} `);
  expect(asked.page.url).toBe(`${node.issuer}/account/addresses/confirm`);
  expect(asked.page.html).toContain(fresh);
  expect(addressesOf(await asked.agent.open(`${node.issuer}/account/notifications`))).toEqual([own]);
  expect(await notifiedEvents(node, fresh)).toEqual([]);

  const code = await addressCode(node, fresh);
  const wrong = await confirm(asked, otherThan(code));
  expect([wrong.status, wrong.messages]).toEqual([422, ['credentials.invalid']]);
  expect(eventsOf(node, user.id)).toContain('account.address_refused');
  const page = await confirm({ ...asked, page: wrong }, ` ${code.slice(0, 3)} ${code.slice(3)}`);
  expect(page.messages).toEqual(['account.done.address_added']);
  expect(addressesOf(page)).toEqual([own, fresh]);
  for (const to of [own, fresh]) expect(await notifiedEvents(node, to)).toEqual(['address_added']);
  const news = (await outboxOf(node)).find(({ delivery }) => delivery.to === own);
  expect(JSON.stringify(news?.delivery.params)).not.toContain(fresh);

  // Used up.
  const again = await confirm(asked, code);
  expect([again.status, again.messages]).toEqual([409, ['form.stale']]);
});

test('one that was added is removed; it is notified as well, and the last one stays', async () => {
  const user = await userWithPassword(node);
  const [first, second] = [`1-${user.identifier}`, `2-${user.identifier}`];
  const { agent } = await add(user, first);
  const { page: own } = await add(user, second, agent);
  expect(addressesOf(own)).toEqual([first, second]);
  const question = await agent.open(linkTo(own, /addresses\/[\w-]{43}/));
  expect(question.url).not.toContain(first);
  const gone = await agent.submit(question, formOf(question, 'remove-address'));
  expect(gone.messages).toEqual(['account.done.address_removed']);
  expect(addressesOf(gone)).toEqual([second]);
  expect(await notifiedEvents(node, first)).toEqual(['address_added', 'address_added', 'address_removed']);
  expect(await notifiedEvents(node, second)).toEqual(['address_added', 'address_removed']);

  const last = await agent.open(linkTo(gone, /addresses\/[\w-]{43}/));
  const refused = await agent.submit(last, formOf(last, 'remove-address'));
  expect([refused.status, refused.messages]).toEqual([422, ['account.address.last']]);
  expect(addressesOf(await agent.open(`${node.issuer}/account/notifications`))).toEqual([second]);
});

test('what cannot be an address, or is one of the account already, gets no mail', async () => {
  const user = await userWithPassword(node);
  const own = await withEmail(node, user);
  const { agent, page } = await addPage(user);
  for (const [email, code] of [
    ['', 'email.required'],
    ['nobody', 'email.invalid'],
    ['a@x.test\r\nBcc: b@y.test', 'email.invalid'],
    ['a@x.test, b@y.test', 'email.invalid'],
    [own.toUpperCase(), 'account.address.known'],
  ] as const) {
    const refused = await agent.submit(page, formOf(page, 'add-address'), { email });
    expect([email, refused.status, refused.messages]).toEqual([email, 422, [code]]);
  }
  expect((await outboxOf(node)).filter(({ about }) => about.subject === user.id)).toEqual([]);
});

test('a change takes all that the account can prove, five minutes old at most', async () => {
  const user = await userWithTotp(node);
  const agent = new UserAgent();
  await visit(node, user, { agent });
  const asked = await agent.open(`${node.issuer}/account/addresses/add`);
  expect(currentStep(asked)).toBe('challenge:totp');
  const form = await reach(agent, asked, user);
  expect(form.url).toBe(`${node.issuer}/account/addresses/add`);
  now += 301;
  try {
    const late = await agent.submit(form, formOf(form, 'add-address'), { email: `late-${user.identifier}` });
    expect(late.url).toContain('/signin/');
    for (const path of ['confirm', 'resend']) {
      const body = new URLSearchParams({ stateHandle: '' });
      const headers = { origin: node.issuer };
      const answer = await agent.send(`${node.issuer}/account/addresses/${path}`, { method: 'POST', body, headers });
      expect(answer.headers.get('location')).toContain('/oauth2/v1/authorize');
    }
  } finally {
    now -= 301;
  }
  expect((await node.app.directory.get(user.id))?.user.askedAddress).toBeUndefined();
});

test('five are enough', async () => {
  const user = await userWithPassword(node);
  let visited = await addPage(user);
  for (let count = 1; count <= 5; count += 1) visited = await add(user, `${count}-${user.identifier}`, visited.agent);
  expect(addressesOf(visited.page)).toHaveLength(5);
  expect(visited.page.html).not.toContain('/account/addresses/add');
  const { agent, page } = await addPage(user, visited.agent);
  const refused = await agent.submit(page, formOf(page, 'add-address'), { email: `6-${user.identifier}` });
  expect([refused.status, refused.messages]).toEqual([422, ['account.address.full']]);
});

test('codes are sent at a slow pace, only the newest counts, and sending again gives no further tries', async () => {
  const user = await userWithPassword(node);
  const address = `slow-${user.identifier}`;
  const asked = await ask(user, address);
  const code = await addressCode(node, address);
  const soon = await asked.agent.submit(asked.page, formOf(asked.page, 'resend-address'));
  expect([soon.status, soon.messages]).toEqual([429, ['resend.exceeded']]);
  let page = asked.page;
  for (let tries = 1; tries <= 5; tries += 1) {
    page = await confirm({ agent: asked.agent, page }, otherThan(code));
    expect(page.messages).toEqual(['credentials.invalid']);
  }
  await allowAnother(user);
  const again = await asked.agent.submit(page, formOf(page, 'resend-address'));
  expect(again.messages).toEqual(['sent.again']);
  const newest = await addressCode(node, address);
  for (const one of [code, newest]) {
    const tried = await confirm({ agent: asked.agent, page: again }, one);
    expect([tried.status, tried.messages]).toEqual([429, ['attempts.exceeded']]);
  }
  await node.store.commit([{ op: 'reset', counter: attemptCounter(user.id, 'notification_address') }]);
  if (newest !== code)
    expect((await confirm({ agent: asked.agent, page: again }, code)).messages).toEqual(['credentials.invalid']);
  expect((await confirm({ agent: asked.agent, page: again }, newest)).messages).toEqual(['account.done.address_added']);
});

test('one mailbox gets ten codes an hour, however many accounts ask for it', async () => {
  const address = `flooded-${Date.now()}@demo.test`;
  for (let count = 1; count <= 10; count += 1) {
    const { page } = await ask(await userWithPassword(node), address);
    expect(page.url).toContain('/account/addresses/confirm');
  }
  const { page } = await ask(await userWithPassword(node), address);
  expect([page.status, page.messages]).toEqual([429, ['send.exceeded']]);
  expect((await outboxOf(node)).filter(({ delivery }) => delivery.to === address)).toHaveLength(10);
});

test('a code counts ten minutes, and only in the session that asked for it', async () => {
  const user = await userWithPassword(node);
  const address = `bound-${user.identifier}`;
  const first = await ask(user, address);
  const code = await addressCode(node, address);
  const second = await visit(node, user, { path: '/account/addresses/confirm' });
  expect(second.page.html).toContain(address);
  const foreign = await confirm(second, code);
  expect([foreign.status, foreign.messages]).toEqual([422, ['credentials.invalid']]);
  now += 600;
  try {
    const late = await visit(node, user, { path: '/account/addresses/confirm', agent: first.agent });
    expect(late.page.url).toBe(`${node.issuer}/account/notifications`);
  } finally {
    now -= 600;
  }
  expect((await confirm(first, code)).messages).toEqual(['account.done.address_added']);
});

test('where no mail goes out, no address is asked for, nothing waits to be sent, and the page says so', async () => {
  const user = await userWithPassword(node);
  await withEmail(node, user);
  const { agent, page } = await addPage(user);
  await node.configure(settings({}));
  try {
    expect((await agent.open(`${node.issuer}/account/notifications`)).html).not.toContain('/account/addresses/add');
    const refused = await agent.submit(page, formOf(page, 'add-address'), { email: `x-${user.identifier}` });
    expect([refused.status, refused.messages]).toEqual([422, ['account.address.no_mail']]);
    const manage = await agent.open(linkTo(await agent.open(`${node.issuer}/account/methods`), /authenticators/));
    const named = await agent.submit(manage, formOf(manage, 'rename'), { label: 'Mine' });
    expect(named.messages).toEqual(['account.done.renamed']);
    const told = await agent.open(`${node.issuer}/account/notifications`);
    expect(told.html).toContain('We can’t send email, so nobody hears');
    expect((await outboxOf(node)).filter(({ about }) => about.subject === user.id)).toEqual([]);
  } finally {
    await node.configure(settings());
  }
});

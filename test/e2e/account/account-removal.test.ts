/** What may be removed, what must stay, and what it costs: over HTTP. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { nextCode } from '../../support/clients/relying-party.ts';
import {
  formOf,
  signOnPolicy,
  userWithAccessCode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, type UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { visit } from '../../support/users/account-visits.ts';

let node: TestNode;
beforeAll(async () => {
  // No user can enroll an access code, so an app that asks for one is lost with it.
  const policy = signOnPolicy(
    'payroll',
    { when: { groups: { any: ['contractors'] } }, then: 'deny' },
    { then: { allow: { factors: 2, possession: { authenticators: ['access_code'] } } } },
  );
  const files = { ...policy, 'apps/parcels.yaml': undefined };
  node = await startNode({ authenticators: ['password', 'totp', 'access_code'], files });
});
afterAll(() => node.stop());

type TestUser = Awaited<ReturnType<typeof userWithTotp>>;

async function keysOf({ id }: TestUser | { id: string }): Promise<readonly string[]> {
  return (await node.app.directory.get(id))?.credentials.map(({ authenticator }) => authenticator) ?? [];
}

async function manage(user: TestUser, key: string, agent?: UserAgent) {
  const credentials = (await node.app.directory.get(user.id))?.credentials ?? [];
  const id = credentials.find(({ authenticator }) => authenticator === key)?.id;
  return visit(node, user, { path: `/account/authenticators/${id}`, agent });
}

/** The apps that the page warns of. */
function lostOn(page: Page): readonly string[] {
  const list = /<ul class="lost"[^>]*>([\s\S]*?)<\/ul>/.exec(page.html)?.[1] ?? '';
  return [...list.matchAll(/<li>(?:<bdi>)?([^<]+)/g)].map(([, name = '']) => name);
}

test('what the enrollment policy requires stays, with the reason', async () => {
  const user = await userWithTotp(node);
  await node.configure({ [policy]: JSON.stringify({ rules: [{ name: 'All', then: { required: ['totp'] } }] }) });
  try {
    const { agent, page } = await manage(user, 'totp');
    expect(needed(page)).toEqual(['Notes', 'Payroll', 'Shop']);
    const refused = await agent.submit(page, formOf(page, 'remove'));
    expect([refused.status, refused.messages]).toEqual([422, ['account.remove.required']]);
    expect(refused.html).toContain('Your organization requires this for <bdi>Notes, Payroll, Shop</bdi>,');
    expect(await keysOf(user)).toEqual(['password', 'totp']);
  } finally {
    await node.configure({ [policy]: undefined });
  }
  const again = await manage(user, 'totp');
  const gone = await again.agent.submit(again.page, formOf(again.page, 'remove'));
  expect(gone.messages).toEqual(['account.done.removed']);
});

const policy = 'policies/enrollment.yaml';

function needed(page: Page): readonly string[] {
  return page.html.includes('id="needed"') ? lostOn(page) : [];
}

const addable = (page: Page) => [...page.html.matchAll(/href="\/account\/add\/(\w+)"/g)].map(([, key]) => key);

test('an app that needs it is named, with what to add first: the payroll of the demo', async () => {
  const demo = await startNode({ demo: true, authenticators: 'demo' });
  try {
    const user = await userWithTotp(demo);
    const credentials = async () => (await demo.app.directory.get(user.id))?.credentials ?? [];
    const path = `/account/authenticators/${(await credentials()).find(({ authenticator }) => authenticator === 'totp')?.id}`;
    const { agent, page } = await visit(demo, user, { path });
    expect([needed(page), addable(page)]).toEqual([['Payroll'], ['totp', 'webauthn']]);
    const refused = await agent.submit(page, formOf(page, 'remove'));
    expect([refused.status, refused.messages]).toEqual([422, ['account.remove.required']]);
    expect(refused.html).toContain('Your organization requires this for <bdi>Payroll</bdi>,');
    const offer = await agent.open(`${demo.issuer}/account/add/totp`);
    const code = await nextCode({ ...user, totp: offer.secret ?? '' });
    const fields = { 'credentials.label': 'Tablet', 'credentials.passcode': code };
    expect((await agent.submit(offer, mainForm(offer), fields)).messages).toContain('account.done.added');
    const again = await visit(demo, user, { path, agent });
    expect(needed(again.page)).toEqual([]);
    const gone = await agent.submit(again.page, formOf(again.page, 'remove'));
    expect(gone.messages).toEqual(['account.done.removed']);
    expect((await credentials()).map(({ label }) => label)).toEqual([undefined, 'Tablet']);
  } finally {
    await demo.stop();
  }
});

test('a rule for the office keeps it elsewhere, too; one for an app that denies them does not', async () => {
  const [inside, contractor] = [await userWithTotp(node), await userWithTotp(node, ['contractors'])];
  const office = { name: 'Office', when: { network: { any: ['office'] } }, then: { required: ['totp'] } };
  const payroll = { name: 'Pay', when: { apps: { any: ['payroll'] } }, then: { required: ['totp'] } };
  await node.configure({ [policy]: JSON.stringify({ rules: [office, { name: 'All', then: {} }] }) });
  try {
    const { agent, page } = await manage(inside, 'totp');
    expect(needed(page)).toContain('Notes');
    expect((await agent.submit(page, formOf(page, 'remove'))).messages).toContain('account.remove.required');
    expect(await keysOf(inside)).toEqual(['password', 'totp']);
    await node.configure({ [policy]: JSON.stringify({ rules: [payroll, { name: 'All', then: {} }] }) });
    expect(needed((await manage(inside, 'totp')).page)).toEqual(['Payroll']);
    const denied = await manage(contractor, 'totp');
    expect(needed(denied.page)).toEqual([]);
    const gone = await denied.agent.submit(denied.page, formOf(denied.page, 'remove'));
    expect(gone.messages).toEqual(['account.done.removed']);
  } finally {
    await node.configure({ [policy]: undefined });
  }
});

test('the last authenticator that an app accepts is removed only when the user has read which apps are lost', async () => {
  const user = await userWithAccessCode(node);
  const { agent, page } = await manage(user, 'access_code');
  expect(lostOn(page)).toEqual(['Payroll']);
  const form = formOf(page, 'remove');
  const unsaid = await agent.submit(page, form, { confirm: '' });
  expect([unsaid.status, unsaid.messages]).toEqual([422, ['account.remove.confirm']]);
  expect((await agent.submit(page, form, { confirm: 'yes' })).messages).toEqual(['account.remove.confirm']);

  // Meanwhile one app more would be lost: that is another question.
  const notes = signOnPolicy('notes', {
    then: { allow: { factors: 1, possession: { authenticators: ['access_code'] } } },
  });
  await node.configure(notes);
  const asked = await agent.submit(page, form);
  expect([asked.status, asked.messages, lostOn(asked)]).toEqual([
    422,
    ['account.remove.confirm'],
    ['Notes', 'Payroll'],
  ]);
  expect(await keysOf(user)).toEqual(['password', 'totp', 'access_code']);
  const gone = await agent.submit(asked, formOf(asked, 'remove'));
  expect(gone.messages).toEqual(['account.done.removed']);
  expect(await keysOf(user)).toEqual(['password', 'totp']);
  await node.configure(signOnPolicy('notes', { then: { allow: { factors: 1 } } }));
});

test('what can be enrolled again during a sign-in is no loss', async () => {
  const user = await userWithTotp(node);
  const { page } = await manage(user, 'totp');
  expect(lostOn(page)).toEqual([]);
  expect(formOf(page, 'remove')?.fields).not.toHaveProperty('confirm');
});

test('apps that the user cannot get into anyway are not named', async () => {
  const contractor = await userWithAccessCode(node, ['contractors']);
  const { page } = await manage(contractor, 'access_code');
  expect(lostOn(page)).toEqual([]);
});

test('of many apps the first are named, the others counted', async () => {
  const apps = Object.fromEntries(
    Array.from({ length: 23 }, (_, index) => {
      const name = `Tool ${String(index).padStart(2, '0')}`;
      const client = {
        application_type: 'web',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        redirect_uris: [`https://tool${index}.example.org/cb`],
      };
      const app = { clientId: `tool-${index}`, name, signOnPolicy: 'payroll', client };
      return [`apps/tool-${index}.yaml`, JSON.stringify(app)];
    }),
  );
  await node.configure(apps);
  try {
    const { page } = await manage(await userWithAccessCode(node), 'access_code');
    const lost = lostOn(page);
    expect(lost).toHaveLength(11);
    expect(lost.at(-1)).toBe('and 14 more');
  } finally {
    await node.configure(Object.fromEntries(Object.keys(apps).map((file) => [file, undefined])));
  }
});

test('where it would be refused anyway, nothing is asked', async () => {
  const user = await userWithPassword(node);
  const { agent, page } = await visit(node, user, {
    path: `/account/authenticators/${(await node.app.directory.get(user.id))?.credentials[0]?.id}`,
  });
  expect(lostOn(page)).toEqual([]);
  const refused = await agent.submit(page, formOf(page, 'remove'));
  expect([refused.status, refused.messages]).toEqual([422, ['account.remove.last']]);
});

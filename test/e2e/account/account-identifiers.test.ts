/** Users change address, number and name: what counts when, who is told, who can undo it, and who cannot. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { oneWeek } from '../../../src/core/model/durations.ts';
import { attemptCounter } from '../../../src/stores/keys.ts';
import { eventsOf, formOf, userWithPassword } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { addressCode, notificationsFor, notifiedEvents, outboxOf } from '../../support/users/account-notifications.ts';
import { reach, type Visit, visit } from '../../support/users/account-visits.ts';
import { askForDeletion } from '../../support/users/asked-deletion.ts';
import { randomName } from '../../support/values/random-name.ts';

let node: TestNode;
let other: TestNode;
let now = Math.floor(Date.now() / 1000);
const stepgate = {
  brand: { name: 'Acme' },
  zones: { office: { cidrs: ['192.0.2.0/24'] } },
  authenticators: {
    password: { enabled: true },
    totp: { enabled: true },
    email: { enabled: true },
    phone: { enabled: true, methods: ['sms'], countries: ['DE', 'AT'] },
  },
  mail: { from: 'id@acme.test', smtp: { host: 'mail.acme.test' } },
  sms: { webhook: { url: 'https://sms.acme.test/', secretEnv: 'SMS_SECRET' } },
  account: { username: 'user' },
};
const files = { 'stepgate.yaml': JSON.stringify(stepgate) };
const variables = { SMS_SECRET: 'c2VjcmV0c2VjcmV0c2VjcmV0' };

beforeAll(async () => {
  node = await startNode({ now: () => now, files, variables });
  other = await startNode({ now: () => now, files, variables, store: node.store, issuer: node.issuer });
});
afterAll(async () => {
  await other.stop();
  await node.stop();
});

type TestUser = Awaited<ReturnType<typeof userWithPassword>>;

/** A user whose verified address is an identifier; `mailbox`: it is used to verify as well. */
async function userWithAddress({ mailbox = false } = {}): Promise<TestUser & { readonly email: string }> {
  const user = await userWithPassword(node);
  const email = `${randomName()}@old.test`.toLowerCase();
  await node.app.directory.amend(user.id, () => ({
    addIdentifiers: [email],
    profile: { email, emailVerified: true },
    ...(mailbox ? { credentials: [emailCredential(email)] } : {}),
  }));
  return { ...user, email };
}

async function ask(user: TestUser, email: string, agent?: UserAgent): Promise<Visit> {
  const { agent: browser, page } = await visit(node, user, { path: '/account/profile/email', agent });
  const asked = await browser.submit(page, formOf(page, 'change-email'), { 'userProfile.email': email });
  return { agent: browser, page: asked };
}

function confirm({ agent, page }: Visit, passcode: string): Promise<Page> {
  return agent.submit(page, formOf(page, 'confirm-identifier'), { passcode });
}

async function change(user: TestUser, email: string, agent?: UserAgent): Promise<Visit> {
  const asked = await ask(user, email, agent);
  const page = await confirm(asked, await addressCode(node, email));
  expect(page.messages).toEqual(['account.done.email_changed']);
  await node.store.commit([{ op: 'reset', counter: attemptCounter(user.id, 'identifier.send') }]);
  return { agent: asked.agent, page };
}

async function recordOf({ id }: { readonly id: string }) {
  const account = await node.app.directory.get(id);
  if (!account) throw new Error('the user is gone');
  return account;
}

/** The link that this address got to undo the change. */
async function undoLink(to: string): Promise<string> {
  const links = (await notificationsFor(node, to)).flatMap(({ delivery: { params } }) => params.link ?? []);
  if (links.length !== 1) throw new Error(`${links.length} links went to ${to}`);
  return String(links[0]);
}

async function undo(link: string, agent = new UserAgent()): Promise<Page> {
  const page = await agent.open(link);
  return agent.submit(page, formOf(page, 'undo'));
}

function fresh(): string {
  return `${randomName()}@new.test`.toLowerCase();
}

describe('a new address', () => {
  test('counts once its code came back; then it identifies, and the old one does not', async () => {
    const user = await userWithAddress();
    const email = fresh();
    const asked = await ask(user, email);
    expect(asked.page.url).toBe(`${node.issuer}/account/profile/email/confirm`);
    expect((await recordOf(user)).user.profile.email).toBe(user.email);
    expect(await node.app.directory.findByIdentifier(email)).toBeUndefined();
    const code = await addressCode(node, email);
    const wrong = await confirm(asked, code === '000000' ? '111111' : '000000');
    expect([wrong.status, wrong.messages]).toEqual([422, ['credentials.invalid']]);

    const page = await confirm({ ...asked, page: wrong }, code);
    expect([page.url.split('?')[0], page.messages]).toEqual([
      `${node.issuer}/account/profile`,
      ['account.done.email_changed'],
    ]);
    const { user: record } = await recordOf(user);
    expect(record.profile).toMatchObject({ email, emailVerified: true });
    expect(record.identifiers).toEqual([user.identifier, email]);
    expect(await node.app.directory.findByIdentifier(user.email)).toBeUndefined();
    expect((await node.app.directory.findByIdentifier(email))?.user.id).toBe(user.id);
    expect(eventsOf(node, user.id)).toEqual(
      expect.arrayContaining(['message.queued', 'account.identifier_refused', 'account.identifier_changed']),
    );

    const again = await confirm(asked, code);
    expect([again.status, again.messages]).toEqual([409, ['form.stale']]);
  });

  test('every address is notified, and only the former one gets the link', async () => {
    const user = await userWithAddress();
    const email = fresh();
    await change(user, email);
    for (const to of [user.email, email]) expect(await notifiedEvents(node, to)).toEqual(['email_replaced']);
    expect((await notificationsFor(node, email))[0]?.delivery.params.link).toBeUndefined();
    const [told] = await notificationsFor(node, user.email);
    expect(told?.delivery.params).toMatchObject({ does: 'undo', until: now + oneWeek });
    expect(JSON.stringify(told?.delivery.params)).not.toContain(email);
  });

  test('that another account has shows the same pages; its owner is notified, and no code proves anything', async () => {
    const [user, owner] = [await userWithAddress(), await userWithAddress()];
    const asked = await ask(user, owner.email.toUpperCase());
    const free = await ask(await userWithAddress(), fresh());
    const skeleton = ({ status, url, html }: Page) => [
      status,
      url,
      html.replace(/value="[^"]*"|[^\s<>"]+@\w+\.test/gi, ''),
    ];
    expect(skeleton(asked.page)).toEqual(skeleton(free.page));
    const messages = (await outboxOf(node)).filter(({ delivery }) => delivery.to === owner.email);
    expect(messages.map(({ delivery }) => delivery.template)).toEqual(['registered']);
    const tried = await confirm(asked, '000000');
    expect([tried.status, tried.messages]).toEqual([422, ['credentials.invalid']]);
    expect((await recordOf(user)).user.profile.email).toBe(user.email);
  });

  test.each([
    ['', 'email.required'],
    ['nobody', 'email.invalid'],
    ['a@x.test\r\nBcc: b@y.test', 'email.invalid'],
    ['a@x.test,b@y.test', 'email.invalid'],
    ['\ufb01x@old.test', 'email.invalid'],
    ['<img src=x>@old.test', 'email.invalid'],
  ])('that is %j is refused beside the field, and stays there', async (typed, code) => {
    const user = await userWithAddress();
    const { page } = await ask(user, typed);
    expect([page.status, page.messages]).toEqual([422, [code]]);
    expect((await outboxOf(node)).filter(({ about }) => about.subject === user.id)).toEqual([]);
  });

  test('that is the present one is refused', async () => {
    const user = await userWithAddress();
    const { page } = await ask(user, user.email.toUpperCase());
    expect([page.status, page.messages]).toEqual([422, ['account.identifier.same']]);
  });

  test('of two users who ask for it on two nodes one wins, and the other gets an error', async () => {
    const users = [await userWithAddress(), await userWithAddress()];
    const email = fresh();
    const elsewhere = new UserAgent({ routes: { [node.issuer]: other.origin } });
    const visits = [await ask(users[0] as TestUser, email), await ask(users[1] as TestUser, email, elsewhere)];
    const codes = (await outboxOf(node))
      .filter(({ delivery }) => delivery.to === email && delivery.template === 'address')
      .map(({ about, delivery }) => [about.subject, String(delivery.params.code)] as const);
    const codeFor = (at: number) => codes.find(([subject]) => subject === users[at]?.id)?.[1] ?? '';
    const pages = await Promise.all(visits.map((each, at) => confirm(each, codeFor(at))));
    const winners = (await Promise.all(users.map(recordOf))).filter(({ user }) => user.profile.email === email);
    expect(winners).toHaveLength(1);
    expect(pages.filter(({ messages }) => messages.includes('account.done.email_changed'))).toHaveLength(1);
    const told = pages.flatMap(({ messages }) => messages).filter((code) => /form.stale|profile.taken/.test(code));
    expect(told).toHaveLength(1);
  });

  test('takes the place of the mailbox that is used to verify, and ends other sessions', async () => {
    const user = await userWithAddress({ mailbox: true });
    const elsewhere = await visit(node, user);
    const before = (await recordOf(user)).credentials.find(({ authenticator }) => authenticator === 'email');
    const email = fresh();
    const agent = new UserAgent();
    const start = await visitWithMail(user, '/account/profile/email', agent);
    const page = await agent.submit(start, formOf(start, 'change-email'), { 'userProfile.email': email });
    const done = await confirm({ agent, page }, await addressCode(node, email));
    expect(done.messages).toEqual(['account.done.email_changed']);
    const after = (await recordOf(user)).credentials.find(({ authenticator }) => authenticator === 'email');
    expect(after).toMatchObject({ id: before?.id, address: email, secret: { address: email } });
    expect((await elsewhere.agent.open(`${node.issuer}/account`)).url).toContain('/signin/');
  });
});

/** Answers the code by mail as well. */
async function visitWithMail(user: TestUser & { email: string }, path: string, agent: UserAgent): Promise<Page> {
  let page = await reach(agent, await agent.open(`${node.issuer}${path}`), user);
  for (let steps = 0; steps < 4 && page.url.includes('/signin/'); steps += 1) {
    const codes = (await outboxOf(node)).filter(
      ({ delivery }) => delivery.to === user.email && delivery.template === 'code',
    );
    const code = String(codes.at(-1)?.delivery.params.code);
    page = await reach(
      agent,
      await agent.submit(page, formOf(page, 'challenge'), { 'credentials.passcode': code }),
      user,
    );
  }
  return page;
}

describe('the former address', () => {
  test('undoes the change by a form; opening the link does nothing, however often', async () => {
    const user = await userWithAddress();
    const email = fresh();
    const { agent } = await change(user, email);
    const link = await undoLink(user.email);
    for (const method of ['GET', 'HEAD', 'GET']) {
      const answer = await new UserAgent().send(link, { method });
      expect(answer.status).toBe(200);
    }
    expect((await recordOf(user)).user.profile.email).toBe(email);

    const page = await undo(link);
    expect([page.status, page.messages]).toEqual([200, ['link.undo.done']]);
    const { user: record } = await recordOf(user);
    expect(record.profile).toMatchObject({ email: user.email, emailVerified: true });
    expect(record.identifiers).toEqual([user.identifier, user.email]);
    expect(record.formerIdentifiers).toEqual([]);
    expect(await node.app.directory.findByIdentifier(email)).toBeUndefined();
    expect((await agent.open(`${node.issuer}/account`)).url).toContain('/signin/');
    expect(await notifiedEvents(node, user.email)).toEqual(['email_replaced', 'email_restored']);
    expect(await notifiedEvents(node, email)).toEqual(['email_replaced', 'email_restored']);
    expect(eventsOf(node, user.id)).toContain('account.identifier_restored');

    const again = await new UserAgent().open(link);
    expect([again.status, again.messages]).toEqual([410, ['link.undo.over']]);
  });

  test('keeps the account whose deletion was asked for', async () => {
    const user = await userWithAddress();
    await change(user, fresh());
    await askForDeletion(node.store, user.id, Math.floor(Date.now() / 1000) + 86_400);
    await undo(await undoLink(user.email));
    expect((await recordOf(user)).user.deletion).toBeUndefined();
    expect(await notifiedEvents(node, user.email)).toEqual(['deletion_cancelled', 'email_replaced', 'email_restored']);
  });

  test('wins over whatever the user made of it since, and the later links are void', async () => {
    const user = await userWithAddress();
    const [second, third] = [fresh(), fresh()];
    const { agent } = await change(user, second);
    await change(user, third, agent);
    const [first, later] = [await undoLink(user.email), await undoLink(second)];
    expect((await undo(first)).messages).toEqual(['link.undo.done']);
    expect((await recordOf(user)).user.identifiers).toEqual([user.identifier, user.email]);
    const over = await new UserAgent().open(later);
    expect([over.status, over.messages]).toEqual([410, ['link.undo.over']]);
    for (const gone of [second, third]) expect(await node.app.directory.findByIdentifier(gone)).toBeUndefined();
  });

  test('has seven days, in which no other account gets it', async () => {
    const user = await userWithAddress();
    await change(user, fresh());
    const link = await undoLink(user.email);
    const stranger = await userWithAddress();
    now += oneWeek - 3600;
    try {
      const late = await ask(stranger, user.email);
      const kept = await confirm(late, await newestCode(user.email));
      expect([kept.status, kept.messages]).toEqual([422, ['profile.taken']]);
      expect((await new UserAgent().open(link)).status).toBe(200);
      now += 3600;
      const over = await new UserAgent().open(link);
      expect([over.status, over.messages]).toEqual([410, ['link.undo.over']]);
      await node.store.commit([{ op: 'reset', counter: attemptCounter(stranger.id, 'identifier.send') }]);
      const free = await ask(stranger, user.email, late.agent);
      expect((await confirm(free, await newestCode(user.email))).messages).toEqual(['account.done.email_changed']);
    } finally {
      now -= oneWeek;
    }
  });

  test('undoes nothing that an administrator has changed since, or given to another account', async () => {
    const [user, moved] = [await userWithAddress(), await userWithAddress()];
    await change(user, fresh());
    await change(moved, fresh());
    const links = [await undoLink(user.email), await undoLink(moved.email)];
    const page = await new UserAgent().open(links[0] ?? '');
    const byAdmin = fresh();
    await node.app.directory.amend(user.id, ({ profile }) => ({
      addIdentifiers: [byAdmin],
      profile: { ...profile, email: byAdmin },
    }));
    now += 61;
    try {
      const taken = await node.app.directory.create({ identifiers: [moved.email] });
      expect(taken.ok).toBe(true);
      const posted = await new UserAgent().submit(page, formOf(page, 'undo'));
      expect([posted.status, posted.messages]).toEqual([410, ['link.undo.superseded']]);
      expect((await recordOf(user)).user.profile.email).toBe(byAdmin);
      const opened = await new UserAgent().open(links[1] ?? '');
      expect([opened.status, opened.messages]).toEqual([410, ['link.undo.superseded']]);
    } finally {
      now -= 61;
    }
  });

  test('undoes it once, on however many nodes, and from no other site', async () => {
    const user = await userWithAddress();
    await change(user, fresh());
    const link = await undoLink(user.email);
    const token = new URL(link).searchParams.get('t') ?? '';
    const body = () => new URLSearchParams({ 'link.token': token });
    const send = (origin: string, sent: Record<string, string>) =>
      new UserAgent().send(`${origin}/account/undo`, { method: 'POST', body: body(), headers: sent });
    const foreign = await send(node.issuer, { origin: 'https://evil.test' });
    expect(foreign.status).toBe(403);
    const headers = { origin: node.issuer };
    const answers = await Promise.all([
      send(node.issuer, headers),
      send(other.origin, headers),
      send(node.issuer, headers),
    ]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => [200, 409, 410].includes(status))).toBe(true);
    expect(await notifiedEvents(node, user.email)).toEqual(['email_replaced', 'email_restored']);
  });

  test('gets its mailbox back to verify with, unless the user has removed it', async () => {
    const user = await userWithAddress({ mailbox: true });
    const agent = new UserAgent();
    const start = await visitWithMail(user, '/account/profile/email', agent);
    const email = fresh();
    const page = await agent.submit(start, formOf(start, 'change-email'), { 'userProfile.email': email });
    await confirm({ agent, page }, await addressCode(node, email));
    expect((await undo(await undoLink(user.email))).messages).toEqual(['link.undo.done']);
    const mailbox = (await recordOf(user)).credentials.find(({ authenticator }) => authenticator === 'email');
    expect(mailbox).toMatchObject({ address: user.email, secret: { address: user.email } });
  });

  test.each(['', 'x', 'A'.repeat(43), '../../etc/passwd'])('does not give way to the link %j', async (token) => {
    const page = await new UserAgent().open(`${node.issuer}/account/undo?t=${encodeURIComponent(token)}`);
    expect([page.status, page.messages]).toEqual([410, ['link.undo.over']]);
  });
});

/** For any user who asked for it. */
async function newestCode(to: string): Promise<string> {
  const codes = (await outboxOf(node)).filter(({ delivery }) => delivery.to === to && delivery.template === 'address');
  return String(codes.toSorted((a, b) => a.delivery.expires - b.delivery.expires).at(-1)?.delivery.params.code);
}

test('a number is proved by a text message; the former number is notified by another, and can undo the change', async () => {
  const user = await userWithAddress();
  const number = (block: string) => `+49151${block}${String(Math.floor(now) % 10_000).padStart(4, '0')}`;
  await node.app.directory.update(user.id, ({ profile }) => ({
    profile: { ...profile, phone: number('1234'), phoneVerified: true },
  }));
  const { agent, page } = await visit(node, user, { path: '/account/profile/phone' });
  const typed = { 'userProfile.phone': number('2345') };
  const asked = await agent.submit(page, formOf(page, 'change-phone'), typed);
  const sent = (await outboxOf(node)).find(({ delivery }) => delivery.to === number('2345'));
  expect(sent?.delivery).toMatchObject({ channel: 'sms', template: 'number' });
  const done = await confirm({ agent, page: asked }, String(sent?.delivery.params.code));
  expect(done.messages).toEqual(['account.done.phone_changed']);
  expect((await recordOf(user)).user.profile).toMatchObject({ phone: number('2345'), phoneVerified: true });
  expect((await recordOf(user)).user.identifiers).toEqual([user.identifier, user.email]);
  expect(await notifiedEvents(node, user.email)).toEqual(['phone_replaced']);
  const told = (await outboxOf(node)).find(({ delivery }) => delivery.template === 'number-changed');
  expect(told?.delivery.to).toBe(number('1234'));
  expect((await undo(String(told?.delivery.params.link))).messages).toEqual(['link.undo.done']);
  expect((await recordOf(user)).user.profile.phone).toBe(number('1234'));
});

describe('a user name', () => {
  async function rename(user: TestUser, name: string, agent?: UserAgent): Promise<Visit> {
    const { agent: browser, page } = await visit(node, user, { path: '/account/profile/username', agent });
    return { agent: browser, page: await browser.submit(page, formOf(page, 'change-username'), { identifier: name }) };
  }

  test('is changed at once, belongs to one user, and can be taken back for a week', async () => {
    const user = await userWithAddress();
    const [name, next] = [`n${randomName()}`.toLowerCase(), `m${randomName()}`.toLowerCase()];
    const { agent, page } = await rename(user, name);
    expect(page.messages).toEqual(['account.done.username_changed']);
    expect((await node.app.directory.findByIdentifier(name))?.user.id).toBe(user.id);
    expect(await notifiedEvents(node, user.email)).toEqual(['username_changed']);
    await rename(user, next, agent);
    const stranger = await userWithAddress();
    for (const wanted of [next, name.toUpperCase()]) {
      const refused = await rename(stranger, wanted);
      expect(refused.page.messages).toEqual(['profile.taken']);
    }
    expect((await rename(user, name, agent)).page.messages).toEqual(['account.done.username_changed']);
    expect((await node.app.directory.findByIdentifier(name))?.user.id).toBe(user.id);
  });

  test.each(['', 'a@b.test', '+4915112345678', '0151 1234567', 'a b', '<b>x</b>', '{{7*7}}', 'аlice', 'x\u202ey'])(
    'cannot be %j',
    async (name) => {
      const { page } = await rename(await userWithAddress(), name);
      expect(page.status).toBe(422);
      expect(page.messages).toEqual([name === '' ? 'profile.required' : 'account.username.invalid']);
    },
  );

  test('is for administrators to change unless the settings say otherwise, and so is an address of theirs', async () => {
    const user = await userWithAddress();
    const { agent, page } = await visit(node, user, { path: '/account/profile/username' });
    const { account: _, ...settings } = stepgate;
    await node.configure({
      'stepgate.yaml': JSON.stringify({ ...settings, attributes: { email: { write: 'admin' } } }),
    });
    try {
      const refused = await agent.submit(page, formOf(page, 'change-username'), { identifier: 'someone' });
      expect([refused.status, refused.messages]).toEqual([422, ['account.identifier.admin']]);
      for (const kind of ['username', 'email'])
        expect((await agent.open(`${node.issuer}/account/profile/${kind}`)).url).toBe(`${node.issuer}/account/profile`);
    } finally {
      await node.configure(files);
    }
  });
});

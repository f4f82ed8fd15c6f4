/**
 * Registration as an attacker uses it: to find out which addresses have an account, to prepare one on the address of
 * another user, and to have mail sent elsewhere.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseDocument } from 'yaml';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { identifierKey, transactionKey, usersKey } from '../../../src/stores/keys.ts';
import { counterOf } from '../../../src/stores/store.ts';
import { appFile } from '../../support/clients/authorize.ts';
import { answerStep, beginSignIn, currentStep, formOf } from '../../support/clients/sign-in-flow.ts';
import { allMailTo, codeIn, inboxOf, mailTo, otherThan } from '../../support/messages/mail.ts';
import { mainForm, type Page, UserAgent, withoutTimeLeft } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { countingStore } from '../../support/stores/counting-store.ts';
import { outboxOf } from '../../support/users/account-notifications.ts';
import { randomName } from '../../support/values/random-name.ts';

const rules = (name: string, register: unknown) =>
  JSON.stringify({ name, rules: [{ name: 'New users', then: { register } }] });
const authenticators = ['password', 'totp', 'email'];
const settings = parseDocument(readFileSync('config/stepgate.yaml', 'utf8'));
for (const { key } of authenticatorKinds)
  settings.setIn(['authenticators', key, 'enabled'], authenticators.includes(key));
settings.setIn(['authenticators', 'email', 'limits'], { network: 100_000 });
settings.setIn(['proofOfWork', 'free'], 100_000);
settings.set('attributes', {
  card: { label: { en: 'Card' }, unique: true, write: 'user' },
  member: { label: { en: 'Member' }, type: 'boolean', write: 'user' },
});
const files = {
  'stepgate.yaml': settings.toString(),
  'policies/profile/club.yaml': JSON.stringify({
    name: 'club',
    rules: [
      {
        name: 'New users',
        then: {
          register: { required: ['displayName', 'card'], optional: ['member'], password: true },
          terms: [{ id: 'club', version: '1' }],
        },
      },
    ],
  }),
  ...appFile('club', { profilePolicy: 'club' }),
  'policies/profile/mail.yaml': rules('mail', 'allow'),
  'policies/profile/password.yaml': rules('password', { password: true }),
  ...appFile('store', { profilePolicy: 'mail' }),
  ...appFile('forum', { profilePolicy: 'password' }),
};

let node: TestNode;
let trips: () => number;
beforeAll(async () => {
  const counting = countingStore();
  trips = counting.trips;
  node = await startNode({ files, authenticators, store: counting.store, demo: true });
  // Mail goes out when a test wants it, so that nothing else is counted.
  await node.app.outbox.stop();
  node.app.activeRevision.stop();
});
afterAll(() => node.stop());

/** The next message to the address may go out at once. */
async function maySendTo(address: string): Promise<void> {
  await node.store.commit([{ op: 'reset', counter: counterOf(identifierKey(address), 'email.send') }]);
}

const newAddress = () => `${randomName()}@victim.test`;
const password = 'a rather long password of mine';

async function open(app: string, agent = new UserAgent()) {
  const begun = await beginSignIn(node, app, agent);
  const page = await agent.submit(begun.page, formOf(begun.page, 'register') as never);
  return { ...begun, page };
}

const fill = (agent: UserAgent, page: Page, address: string) =>
  answerStep(agent, page, {
    'userProfile.email': address,
    ...('credentials.passcode' in (mainForm(page)?.fields ?? {}) && { 'credentials.passcode': password }),
  });

async function user(kind: string): Promise<string> {
  const address = newAddress();
  if (kind === 'unknown') return address;
  const isReachable = kind !== 'unverified';
  await node.app.directory.create({
    identifiers: [address],
    profile: { email: address, emailVerified: isReachable },
    status: kind === 'suspended' ? 'suspended' : 'active',
    credentials: [
      ...(kind === 'passwordless' ? [] : [testPassword(node.app)]),
      ...(isReachable ? [emailCredential(address)] : []),
    ],
  });
  return address;
}

/** What a stranger sees of a page, without what always differs. */
function seen(page: Page, address: string) {
  const html = withoutTimeLeft(page.html)
    .replaceAll(address, 'ADDRESS')
    .replace(/\/signin\/[\w-]+/g, '/signin/ID')
    .replace(/name="stateHandle" value="[^"]*"/g, 'HANDLE')
    .replace(/\b\d+ (second|minute)s?\b/g, 'N $1');
  return { status: page.status, step: currentStep(page), messages: page.messages, html };
}

describe('whether an address has an account does not show', () => {
  async function walk(kind: string, app: string) {
    const address = await user(kind);
    const { agent, page } = await open(app);
    const steps: unknown[] = [];
    const watch = async (act: () => Promise<Page>): Promise<Page> => {
      const [hashes, before] = [node.app.hashing.stats.started, trips()];
      const next = await act();
      steps.push({ ...seen(next, address), hashes: node.app.hashing.stats.started - hashes, trips: trips() - before });
      return next;
    };
    const sent = await watch(() => fill(agent, page, address));
    const guess = async (shown: Page) => {
      const waiting = (await outboxOf(node)).filter(({ delivery }) => delivery.to === address);
      const passcode = otherThan(...waiting.map(({ delivery }) => String(delivery.params.code)));
      return watch(() => answerStep(agent, shown, { 'credentials.passcode': passcode }));
    };
    const wrong = await guess(sent);
    const again = await watch(() => agent.submit(wrong, formOf(wrong, 'resend') as never));
    let last = again;
    for (let count = 0; count < 6; count += 1) last = await guess(last);
    return steps;
  }

  test.each(['store', 'forum'])('%s: the same pages, hashes and round trips for every address', async (app) => {
    const expected = await walk('unknown', app);
    expect(expected).toHaveLength(9);
    for (const kind of ['active', 'suspended', 'passwordless', 'unverified'])
      expect([kind, await walk(kind, app)]).toEqual([kind, expected]);
  });

  test('one message goes to the owner, to the stored address, with nothing that opens anything', async () => {
    node.app.outbox.start();
    const address = newAddress();
    const stored = address.replace('victim', 'VICTIM');
    await node.app.directory.create({ identifiers: [address], credentials: [emailCredential(stored)] });
    const { agent, page } = await open('store');
    await fill(agent, page, ` ${address.toUpperCase()} `);
    const mail = await allMailTo(node);
    const found = mail.filter(({ to }) => to.toLowerCase() === address);
    expect(found.map(({ to, subject }) => [to.split('@')[0], subject])).toEqual([
      [address.split('@')[0], 'You already have an account'],
    ]);
    expect(codeIn(found[0] as (typeof mail)[number])).toBe('');
    expect(found[0]?.text).not.toMatch(/https?:/);
  });

  test('guesses do not lock the owner out', async () => {
    const address = await user('passwordless');
    const { agent, page } = await open('store');
    let tried = await fill(agent, page, address);
    for (let count = 0; count < 7; count += 1)
      tried = await answerStep(agent, tried, { 'credentials.passcode': '123456' });
    expect(tried.messages).toEqual(['attempts.exceeded']);
    const owner = await beginSignIn(node, 'store');
    const asked = await answerStep(owner.agent, owner.page, { identifier: address });
    await mailTo(node, address, 2);
    const codes = (await inboxOf(node, address)).map(codeIn).filter((code) => code !== '');
    expect(currentStep(await answerStep(owner.agent, asked, { 'credentials.passcode': codes[0] ?? '' }))).toBe('code');
  });
});

describe('nothing is an account before the address is proved', () => {
  test('what an attacker prepared is void: no password, no session, no reservation', async () => {
    const address = newAddress();
    const attacker = await open('forum');
    const waiting = await fill(attacker.agent, attacker.page, address);
    // Arrives first, so that it is known below which message is the newer one.
    const older = codeIn(await mailTo(node, address));
    expect((await node.store.load([identifierKey(address)])).entries.get(identifierKey(address))).toBeUndefined();
    const guess = await beginSignIn(node, 'forum');
    const refused = await answerStep(guess.agent, guess.page, {
      identifier: address,
      'credentials.passcode': password,
    });
    expect(currentStep(refused)).not.toBe('code');

    await maySendTo(address);
    const victim = await open('store');
    const sent = await fill(victim.agent, victim.page, address);
    await mailTo(node, address, 2);
    const [newest] = (await inboxOf(node, address)).map(codeIn);
    expect(currentStep(await answerStep(victim.agent, sent, { 'credentials.passcode': newest ?? '' }))).toBe('code');
    const account = await node.app.directory.findByIdentifier(address);
    expect(account?.credentials.map(({ authenticator }) => authenticator)).toEqual(['email']);

    // A code of the victim proves nothing in the browser of the attacker.
    if (newest !== older) {
      const stolen = await answerStep(attacker.agent, waiting, { 'credentials.passcode': newest ?? '' });
      expect(stolen.messages).toEqual(['credentials.invalid']);
    }
    expect((await node.app.directory.findByIdentifier(address))?.credentials).toEqual(account?.credentials);
  });

  test('a registration ends with its transaction', async () => {
    const address = newAddress();
    const { agent, page, uid } = await open('store');
    const sent = await fill(agent, page, address);
    const code = codeIn(await mailTo(node, address));
    await node.store.commit([{ op: 'delete', key: transactionKey(uid) }]);
    expect((await answerStep(agent, sent, { 'credentials.passcode': code })).status).toBe(410);
    expect(await node.app.directory.findByIdentifier(address)).toBeUndefined();
  });

  test('two tabs: one wins, and the other gets an error, with the address filled in', async () => {
    const address = newAddress();
    const tabs: { readonly agent: UserAgent; readonly page: Page }[] = [];
    for (const _ of [1, 2]) {
      const { agent, page } = await open('store');
      tabs.push({ agent, page: await fill(agent, page, address) });
      await maySendTo(address);
    }
    await mailTo(node, address, 2);
    const codes = (await inboxOf(node, address)).map(codeIn);
    const outcomes: Page[] = [];
    for (const { agent, page } of tabs)
      for (const code of codes) {
        const answered = await answerStep(agent, page, { 'credentials.passcode': code });
        if (answered.status === 422) continue;
        outcomes.push(answered);
        break;
      }
    expect(outcomes.map(currentStep)).toEqual(['code', expect.stringMatching(/^identify/)]);
    expect(outcomes[1]?.messages).toEqual(['register.exists']);
    expect(mainForm(outcomes[1] as Page)?.fields.identifier).toBe(address);
  });

  test('two users with one unique value: one wins, the other gets an error and keeps the typed text', async () => {
    const card = randomName();
    const filled = async (typed: string) => {
      const { agent, page } = await open('club');
      const form = {
        'userProfile.email': typed,
        'userProfile.displayName': 'Ann Archer',
        'userProfile.card': card,
        'userProfile.member': 'yes',
        'credentials.passcode': password,
        'terms.club': 'yes',
      };
      const sent = await answerStep(agent, page, form);
      return { agent, page: sent, form, code: codeIn(await mailTo(node, typed)) };
    };
    const [fast, slow] = [await filled(newAddress()), await filled(newAddress())];
    const won = await answerStep(fast.agent, fast.page, { 'credentials.passcode': fast.code });
    expect(currentStep(won)).toBe('code');
    const told = await answerStep(slow.agent, slow.page, { 'credentials.passcode': slow.code });
    expect([told.status, currentStep(told), told.messages]).toEqual([
      422,
      'profile',
      ['profile.check', 'profile.taken'],
    ]);
    const { 'credentials.passcode': _, ...kept } = slow.form;
    expect(mainForm(told)?.fields).toMatchObject({ ...kept, 'credentials.passcode': '' });
    const address = slow.form['userProfile.email'];
    await maySendTo(address);
    const other = { 'userProfile.card': randomName(), 'credentials.passcode': password };
    const sent = await answerStep(slow.agent, told, other);
    await mailTo(node, address, 2);
    const [newest = ''] = (await inboxOf(node, address)).map(codeIn);
    const done = await answerStep(slow.agent, sent, { 'credentials.passcode': newest });
    expect(currentStep(done)).toBe('code');
    expect((await node.app.directory.findByIdentifier(address))?.user.profile).toMatchObject({
      card: other['userProfile.card'],
      displayName: 'Ann Archer',
      member: true,
    });
  });

  test('two forms with the code at the same time make one account', async () => {
    const address = newAddress();
    const { agent, page } = await open('store');
    const sent = await fill(agent, page, address);
    const code = codeIn(await mailTo(node, address));
    const pages = await Promise.all([1, 2].map(() => answerStep(agent, sent, { 'credentials.passcode': code })));
    expect(pages.filter((each) => currentStep(each) === 'code').length).toBeGreaterThanOrEqual(1);
    const account = await node.app.directory.findByIdentifier(address);
    const ids: string[] = [];
    for await (const some of node.store.members(usersKey)) ids.push(...some);
    const owners = await Promise.all(ids.map((id) => node.app.directory.get(id)));
    expect(owners.filter((owner) => owner?.user.identifiers.includes(address)).map((owner) => owner?.user.id)).toEqual([
      account?.user.id,
    ]);
  });
});

describe('mail goes to one address, as it is written', () => {
  test.each([
    ['a second address', 'a@victim.test,b@attacker.test'],
    ['a line break', 'a@victim.test\nBcc: b@attacker.test'],
    ['an encoded one', 'a@victim.test%0aBcc:b@attacker.test'],
    ['a name', '"a@victim.test"<b@attacker.test>'],
    ['NUL', 'a@victim.test\0b@attacker.test'],
    ['a trailing dot', 'a@victim.test.'],
    ['300 characters', `${'a'.repeat(300)}@victim.test`],
    ['a ligature', 'o\ufb03ce@victim.test'],
    ['a dotless i', 'adm\u0131n@victim.test'],
  ])('%s is refused', async (_, address) => {
    const before = (await allMailTo(node)).length;
    const { agent, page } = await open('store');
    const refused = await fill(agent, page, address);
    expect([refused.status, currentStep(refused)]).toEqual([422, 'profile']);
    expect(await allMailTo(node)).toHaveLength(before);
  });

  test('a field twice is no form', async () => {
    const { agent, page } = await open('store');
    const form = mainForm(page);
    const body = new URLSearchParams({ ...form?.fields, 'userProfile.email': 'a@victim.test' });
    body.append('userProfile.email', 'b@attacker.test');
    expect((await agent.open(page.url, { method: 'POST', body })).status).toBe(400);
  });

  test('flooding stops at the limits of the address', async () => {
    const address = newAddress();
    const { agent, page } = await open('store');
    const sent = await fill(agent, page, address);
    const soon = await agent.submit(sent, formOf(sent, 'resend') as never);
    expect([soon.status, soon.messages]).toEqual([429, ['resend.exceeded']]);
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      const other = await open('store');
      statuses.push((await fill(other.agent, other.page, address)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
    expect(await allMailTo(node, address)).toHaveLength(5);
  });
});

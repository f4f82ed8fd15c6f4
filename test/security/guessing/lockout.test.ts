/** Locking out the owner: strangers cannot, with however many guesses, and a made-up cookie makes no browser known. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { emailCredential } from '../../../src/authenticators/email/email.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { attemptCounter } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import { cookieOf, reopened } from '../../support/clients/returning-browser.ts';
import { answerStep, beginSignIn, currentStep, formOf, identify } from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../../support/messages/mail.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { password, startNode, type TestNode, testPassword } from '../../support/servers/node.ts';
import { randomName } from '../../support/values/random-name.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ demo: true, authenticators: ['password', 'totp', 'email'], users: false });
});
afterAll(() => node.stop());

type Known = TestUser & { readonly id: string };

async function newUser(): Promise<Known> {
  const identifier = `${randomName()}@demo.test`;
  const credentials = [testPassword(node.app), emailCredential(identifier)];
  const created = await node.app.directory.create({ identifiers: [identifier], groups: [], credentials });
  if (!created.ok) throw new Error(created.code);
  return { id: created.user.id, identifier, password };
}

/** A browser with which this user has signed in before; its session is over. */
async function usedBrowser(user: TestUser): Promise<UserAgent> {
  const { agent, page } = await beginSignIn(node, 'notes');
  expect(currentStep(await identify(agent, page, user))).toBe('code');
  return reopened(agent, node.issuer);
}

/** So many wrong passwords in one browser. Returns the codes that the last one was answered with. */
async function guess(user: TestUser, count: number, agent = new UserAgent()): Promise<readonly string[]> {
  let { page } = await beginSignIn(node, 'notes', agent);
  for (let done = 0; done < count; done += 1)
    page = await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': 'wrong one' });
  return page.messages;
}

async function signsIn(user: TestUser, agent = new UserAgent()): Promise<string> {
  const { page } = await beginSignIn(node, 'notes', agent);
  const next = await identify(agent, page, user);
  return currentStep(next) === 'code' ? 'code' : (next.messages[0] ?? '');
}

/** As if a stranger had failed a hundred times in a row. */
async function exhaust({ id }: Known): Promise<void> {
  const limits = [{ limit: 100, window: 0 }];
  for (let count = 0; count < 100; count += 1) await node.store.reserve(attemptCounter(id, 'password'), limits);
}

test('a stranger who uses up the attempts keeps other strangers out, and not a browser that the owner used', async () => {
  const user = await newUser();
  const agent = await usedBrowser(user);
  expect(await guess(user, 11)).toEqual(['attempts.exceeded']);
  expect(await signsIn(user)).toBe('attempts.exceeded');
  expect(await signsIn(user, agent)).toBe('code');
  // What the owner proved resets nothing for strangers.
  expect(await signsIn(user)).toBe('attempts.exceeded');
});

test('a used browser has exactly as many attempts as all others together', async () => {
  const user = await newUser();
  const agent = await usedBrowser(user);
  await guess(user, 11);
  const { started } = node.app.hashing.stats;
  expect(await guess(user, 11, agent)).toEqual(['attempts.exceeded']);
  expect(node.app.hashing.stats.started - started).toBe(10);
  expect(await signsIn(user, await knownCopy(agent))).toBe('attempts.exceeded');
});

/** The same browser once more: its cookies without its open sign-ins. */
async function knownCopy(agent: UserAgent): Promise<UserAgent> {
  return reopened(agent, node.issuer);
}

test('a cookie that is made up, or of a browser that another user used, gets nothing', async () => {
  const user = await newUser();
  const other = await newUser();
  const agent = await usedBrowser(other);
  await guess(user, 11);
  expect(await signsIn(user, agent)).toBe('attempts.exceeded');
  const name = agent.cookies(node.issuer).map((cookie) => cookie.name);
  const device = name.find((cookieName) => /device/i.test(cookieName)) ?? '';
  expect(cookieOf(agent, node.issuer, device)).not.toBe('');
  const forged = new UserAgent();
  forged.setCookie(node.issuer, `${device}=${'A'.repeat(43)}; path=/`);
  expect(await signsIn(user, forged)).toBe('attempts.exceeded');
});

test('after a hundred failures in a row only used browsers get in, until a recovery', async () => {
  const user = await newUser();
  const agent = await usedBrowser(user);
  await exhaust(user);
  expect(await signsIn(user)).toBe('attempts.locked');
  expect(await signsIn(user, agent)).toBe('code');
  expect(await signsIn(user)).toBe('attempts.locked');

  const begun = await beginSignIn(node, 'notes');
  const who = await begun.agent.submit(begun.page, formOf(begun.page, 'recover'));
  const asked = await answerStep(begun.agent, who, { identifier: user.identifier });
  const proved = await answerStep(begun.agent, asked, {
    'credentials.passcode': codeIn(await mailTo(node, user.identifier)),
  });
  const good = 'seven green umbrellas';
  expect(currentStep(await answerStep(begun.agent, proved, { 'credentials.passcode': good }))).toBe('code');
  expect(await signsIn({ ...user, password: good })).toBe('code');
});

test('another authenticator still works', async () => {
  const user = await newUser();
  await exhaust(user);
  const { agent, page } = await beginSignIn(node, 'notes');
  const named = await answerStep(agent, page, { identifier: user.identifier, 'credentials.passcode': '' });
  const list = await agent.submit(named, formOf(named, 'select'));
  const email = await answerStep(agent, list, { 'authenticator.id': 'email' });
  const code = codeIn(await mailTo(node, user.identifier));
  expect(currentStep(await answerStep(agent, email, { 'credentials.passcode': code }))).toBe('code');
});

describe('numbers by group', () => {
  const rule = (name: string, lockout: unknown, more: object = {}) => ({ name, ...more, then: { lockout } });
  const policy = (...rules: readonly object[]) => ({ 'policies/password.yaml': JSON.stringify({ rules }) });
  const strict = rule(
    'Admins',
    { attempts: 3, within: 'PT5M', wait: 'PT1H' },
    { when: { groups: { any: ['admins'] } } },
  );
  const loose = rule('Rest', { attempts: 5, consecutive: 50 });
  let own: TestNode;
  let store: Store;
  let trips = 0;
  beforeAll(async () => {
    const inner = openEmbedded({ file: ':memory:' });
    store = {
      ...inner,
      load: (keys, options) => {
        if (options?.reserve || keys.some((key) => key.startsWith('transaction:'))) trips += 1;
        return inner.load(keys, options);
      },
    };
    const files = policy(strict, loose);
    own = await startNode({ store, authenticators: ['password', 'totp'], users: false, files });
  });
  afterAll(async () => {
    await own.stop();
    await store.close();
  });

  /** Loads of one wrong password. */
  async function tripsOf(identifier: string): Promise<number> {
    const { agent, page } = await beginSignIn(own, 'notes');
    const before = trips;
    await answerStep(agent, page, { identifier, 'credentials.passcode': 'wrong one' });
    return trips - before;
  }

  async function userIn(groups: readonly string[]): Promise<TestUser> {
    const identifier = `${randomName()}@demo.test`;
    await own.app.directory.create({ identifiers: [identifier], groups, credentials: [testPassword(own.app)] });
    return { identifier, password };
  }

  /** How many wrong passwords are tried before the page says to wait, and for how many seconds. */
  async function attemptsOf(identifier: string): Promise<readonly [number, number]> {
    const { agent, page } = await beginSignIn(own, 'notes');
    const { started } = own.app.hashing.stats;
    let tried = page;
    while (!tried.messages.includes('attempts.exceeded'))
      tried = await answerStep(agent, tried, { identifier, 'credentials.passcode': 'wrong one' });
    return [own.app.hashing.stats.started - started, Number(tried.headers.get('retry-after'))];
  }

  test('the rule of the user counts, on every page that asks for the password; a success forgets', async () => {
    const admin = await userIn(['admins']);
    const { agent, page } = await beginSignIn(own, 'notes');
    const once = await answerStep(agent, page, { identifier: admin.identifier, 'credentials.passcode': 'wrong one' });
    expect(currentStep(await identify(agent, once, admin))).toBe('code');
    const [tries, wait] = await attemptsOf(admin.identifier);
    expect(tries).toBe(3);
    expect(wait).toBeGreaterThan(1800);
    const named = await beginSignIn(own, 'notes');
    const asked = await answerStep(named.agent, named.page, { identifier: admin.identifier });
    expect(currentStep(asked)).toBe('challenge:password');
    const refused = await answerStep(named.agent, asked, { 'credentials.passcode': password });
    expect(refused.messages).toEqual(['attempts.exceeded']);
    const [others, shorter] = await attemptsOf((await userIn(['staff'])).identifier);
    expect(others).toBe(5);
    expect(shorter).toBeLessThanOrEqual(900);
  });

  test('every identifier costs the same round trips', async () => {
    const known = [await userIn(['admins']), await userIn(['staff'])].map(({ identifier }) => identifier);
    const counts = new Set<number>();
    for (const identifier of [...known, 'one@nobody.test', 'two@nobody.test']) counts.add(await tripsOf(identifier));
    expect(counts.size).toBe(1);
  });

  test('identifiers without an account have the numbers of either rule, each always the same', async () => {
    const unknown = Array.from({ length: 12 }, (_, at) => `stranger${at}@demo.test`);
    const counts: number[] = [];
    for (const identifier of unknown) counts.push((await attemptsOf(identifier))[0]);
    expect([...new Set(counts)].sort()).toEqual([3, 5]);
  });

  test('a policy with the same numbers for all takes effect, and costs no round trip', async () => {
    await own.configure(policy(rule('All', { attempts: 4 })));
    const admin = await userIn(['admins']);
    expect((await attemptsOf(admin.identifier))[0]).toBe(4);
    expect((await attemptsOf('nobody@demo.test'))[0]).toBe(4);
    const shared = await tripsOf(admin.identifier);
    await own.configure(policy(strict, loose));
    expect(await tripsOf(admin.identifier)).toBe(shared + 1);
  });
});

/** What limits enrolling: how many answers are taken, what gives them back, and how many changes are made (Law 8). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attemptCounter } from '../../../src/stores/keys.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  attemptsOf,
  currentStep,
  formOf,
  passcode,
  userWithPassword,
  wrongCode,
} from '../../support/clients/sign-in-flow.ts';
import { codeIn, mailTo, maySendAgain, otherThan } from '../../support/messages/mail.ts';
import { mainForm, type Page } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { type Visit, visit } from '../../support/users/account-visits.ts';

type StoredUser = TestUser & { readonly id: string };

const authenticators = ['password', 'totp', 'email', 'recovery_code'] as const;

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ demo: true, users: false, authenticators });
});
afterAll(() => node.stop());

/** As if these had been tried so long ago that only the count of failures in a row knows it. */
async function failedLongAgo({ id }: StoredUser, name: string, times: number): Promise<void> {
  for (let count = 0; count < times; count += 1)
    await node.store.reserve(attemptCounter(id, name), [{ limit: 1000, window: 0 }]);
}

/** The offer of an authenticator, in a browser that has just proved the password. */
async function offerOf(user: StoredUser, key: string, visited?: Visit): Promise<Visit> {
  const { agent } = visited ?? (await visit(node, user));
  const page = await agent.open(`${node.issuer}/account/add/${key}`);
  expect(currentStep(page)).toBe(`enroll:${key}`);
  return { agent, page };
}

const answer = ({ agent, page }: Visit, fields: Readonly<Record<string, string>>): Promise<Page> =>
  agent.submit(page, mainForm(page), fields);

/** Sets up an authenticator app after so many wrong codes. */
async function enrollTotp(user: StoredUser, mistakes: number, visited?: Visit): Promise<Visit> {
  const { agent, page } = await offerOf(user, 'totp', visited);
  const owner: TestUser = { ...user, totp: page.secret ?? '' };
  let at = page;
  for (let count = 0; count < mistakes; count += 1) {
    at = await answer({ agent, page: at }, { 'credentials.passcode': await wrongCode(owner) });
    expect(at.messages).toEqual(['credentials.invalid']);
  }
  return { agent, page: await answer({ agent, page: at }, await passcode(owner)) };
}

const mayBeSentAgain = ({ id }: StoredUser) => maySendAgain(node, id);

describe('attempts of an enrollment', () => {
  test('a user who mistyped 99 times over the years, and sets it up at last, has all attempts again', async () => {
    const user = await userWithPassword(node);
    await failedLongAgo(user, 'totp.enroll', 99);
    const { page } = await enrollTotp(user, 0);
    expect(page.messages).toEqual(['account.done.added']);
    expect(await attemptsOf(node, user.id, { authenticator: 'totp.enroll', window: 0 })).toBe(0);
    expect(await attemptsOf(node, user.id, { authenticator: 'totp.enroll', window: 300 })).toBe(0);
  });

  test('it resets nothing of any other authenticator, and nothing of verifying', async () => {
    const user = await userWithPassword(node);
    const others = ['totp', 'email.enroll', 'recovery_code.enroll', 'recovery_code', 'password.enroll'];
    for (const name of others) await failedLongAgo(user, name, 3);
    expect((await enrollTotp(user, 2)).page.messages).toEqual(['account.done.added']);
    for (const name of others)
      expect([name, await attemptsOf(node, user.id, { authenticator: name, window: 0 })]).toEqual([name, 3]);
  });

  test('a wrong code costs one; neither an address nor a message that is sent again gives any back', async () => {
    const user = await userWithPassword(node);
    const address = `box-${user.identifier}`;
    const { agent, page } = await offerOf(user, 'email');
    let at = await answer({ agent, page }, { 'credentials.email': address });
    const wrong = otherThan(codeIn(await mailTo(node, address)));
    at = await answer({ agent, page: at }, { 'credentials.passcode': wrong });
    await mayBeSentAgain(user);
    at = await agent.submit(at, formOf(at, 'resend'));
    expect(at.messages).toEqual(['sent.again']);
    expect(await attemptsOf(node, user.id, { authenticator: 'email.enroll', window: 0 })).toBe(2);
    // Asking counted as one more.
    const done = await answer({ agent, page: at }, { 'credentials.passcode': codeIn(await mailTo(node, address, 2)) });
    expect(done.messages).toEqual(['account.done.added']);
    expect(await attemptsOf(node, user.id, { authenticator: 'email.enroll', window: 0 })).toBe(0);
  });

  test('100 failures in a row close it, and an administrator opens it again', async () => {
    const user = await userWithPassword(node);
    await failedLongAgo(user, 'totp.enroll', 100);
    const { agent, page } = await offerOf(user, 'totp');
    const right = await passcode({ ...user, totp: page.secret ?? '' });
    const locked = await answer({ agent, page }, right);
    expect([locked.status, locked.messages]).toEqual([429, ['attempts.locked']]);
    await node.app.directory.unlock(user.id, authenticators);
    expect((await answer({ agent, page: locked }, right)).messages).toEqual(['account.done.added']);
  });
});

test('own mailboxes give an attacker no guesses at the code of another one: 30 answers a day, even after successes', async () => {
  const user = await userWithPassword(node);
  const victim = `victim-${user.identifier}`;
  const visited = await visit(node, user);
  const seen: string[] = [];
  const to = async (address: string, answers: (code: string) => readonly string[], mails = 1): Promise<void> => {
    await mayBeSentAgain(user);
    const { agent, page } = await offerOf(user, 'email', visited);
    let at = await answer({ agent, page }, { 'credentials.email': address });
    seen.push(...at.messages);
    if (at.messages.length > 0) return;
    for (const given of answers(codeIn(await mailTo(node, address, mails)))) {
      at = await answer({ agent, page: at }, { 'credentials.passcode': given });
      seen.push(...at.messages);
    }
  };
  for (let round = 1; !seen.includes('attempts.exceeded'); round += 1) {
    await to(`${round}-${user.identifier}`, (code) => [code]);
    await to(victim, (code) => [otherThan(code), otherThan(code)], round);
  }
  const count = (code: string) => seen.filter((shown) => shown === code).length;
  expect([count('account.done.added'), count('credentials.invalid')]).toEqual([6, 12]);
  await node.app.directory.unlock(user.id, authenticators);
  await to(`late-${user.identifier}`, (code) => [code]);
  expect(count('account.done.added')).toBe(7);
});

test('an enrollment counts among the changes of the account: no user is flooded with notifications', async () => {
  const user = await userWithPassword(node);
  const visited = await visit(node, user);
  const counter = attemptCounter(user.id, 'account.change');
  for (let count = 0; count < 29; count += 1) await node.store.reserve(counter, [{ limit: 30, window: 3600 }]);
  const first = await answer(await offerOf(user, 'recovery_code', visited), { 'credentials.saved': 'yes' });
  expect(first.messages).toEqual(['account.done.added']);
  const before = (await node.app.directory.get(user.id))?.credentials;
  const refused = await answer(await offerOf(user, 'recovery_code', visited), { 'credentials.saved': 'yes' });
  expect([refused.status, refused.messages]).toEqual([429, ['account.changes.exceeded', 'enroll.replaces']]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await node.app.directory.get(user.id))?.credentials).toEqual(before);
});

/** Networks that try many passwords: when they count as guessing, who works then, and what a failure counts to. */

import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Transaction } from '../../../../../src/core/step/transaction.ts';
import { countIfWrong } from '../../../../../src/flow/actions/guessing/count-failures.ts';
import {
  countWrongPassword,
  isUsedBy,
  withTaskOnFirstPage,
  workDueFor,
} from '../../../../../src/flow/actions/guessing/guessing-network.ts';
import type { Visitor } from '../../../../../src/flow/browser/visitor.ts';
import { loadAccount } from '../../../../../src/flow/facts/account.ts';
import { decoyPastKeys, pastKeys } from '../../../../../src/flow/facts/risk-facts.ts';
import type { OpenTransaction } from '../../../../../src/flow/transaction/open-transaction.ts';
import {
  guessingNetworkKey,
  networkFailuresCounter,
  usedBrowserKey,
  usualPlacesKey,
} from '../../../../../src/stores/keys.ts';
import { failuresWithin } from '../../../../../src/users/history/usual-places.ts';
import { createWorld, credential, fakeAuthenticator, opened, start, totp, type World } from '../../sign-in-fixture.ts';

const password = fakeAuthenticator({ key: 'password', factors: ['knowledge'], underPasswordPolicy: true });
const ip = '192.0.2.1';

let world: World;
beforeEach(async () => {
  world = createWorld({ authenticators: [password, totp] });
  Object.assign(world.snapshot, { recordsPlaces: true });
  Object.assign(world.snapshot.settings, { proofOfWork: { free: 1, difficulty: 5, wrongPasswords: 2 } });
  await world.addUser('ann', [credential('password', 'secret')]);
  await world.beginSignIn();
});

/** One request of a browser, with what guards against guessing loaded. */
function inBrowser<T>(
  browserSecret: string | undefined,
  run: (context: OpenTransaction) => Promise<T> | T,
  transaction: Partial<Transaction> = {},
): Promise<T> {
  return opened(world, async (context) => {
    const visitor: Visitor = { ...context.request.visitor, ...(browserSecret !== undefined && { browserSecret }) };
    const { unit } = context.request;
    await unit.load([guessingNetworkKey(ip), usedBrowserKey('known'), usedBrowserKey('new')]);
    return run({
      ...context,
      transaction: { ...context.transaction, ...transaction },
      request: { ...context.request, visitor },
    });
  });
}

const annUsed = () =>
  world.write({
    op: 'put',
    key: usedBrowserKey('known'),
    value: JSON.stringify({ 'user-ann': { at: start, used: [] } }),
  });

describe('a network', () => {
  const fail = () => inBrowser(undefined, countWrongPassword);
  const due = () => inBrowser(undefined, workDueFor);

  test('has to work from the first wrong password above the free number on', async () => {
    const seen = [await due()];
    for (let count = 0; count < 3; count += 1) {
      await fail();
      seen.push(await due());
    }
    // The window is an hour, and nothing in the fake store expires.
    expect(seen).toEqual([undefined, undefined, undefined, 3600]);
  });

  test('counts for an hour', async () => {
    const reserve = jest.spyOn(world.store, 'reserve');
    await fail();
    expect(reserve.mock.calls).toEqual([[networkFailuresCounter(ip), [{ limit: 2, window: 3600 }]]]);
  });

  test.each([
    ['longer than the shortest time', 1000, 1000],
    ['shorter than that', 100, 900],
  ])('has to work until it may fail again, which is %s', async (_, retryAfter, expected) => {
    jest.spyOn(world.store, 'reserve').mockResolvedValue({ granted: false, remaining: 0, retryAfter });
    await fail();
    const put = world.store.commits.flat().find((op) => 'key' in op && op.key === guessingNetworkKey(ip));
    expect(put).toMatchObject({ op: 'put', ttl: expected, value: JSON.stringify({ until: start + expected }) });
    world.clock.now = start + expected - 1;
    expect(await due()).toBe(1);
    world.clock.now = start + expected;
    expect(await due()).toBeUndefined();
  });
});

describe('the first page of a network that guesses', () => {
  beforeEach(async () => {
    await annUsed();
    await world.write({
      op: 'put',
      key: guessingNetworkKey(ip),
      value: JSON.stringify({ until: start + 900 }),
    });
  });
  const hasTask = (browser: string | undefined, transaction: Partial<Transaction> = {}) =>
    inBrowser(browser, (context) => withTaskOnFirstPage(context).transaction.work !== undefined, transaction);

  test.each<[string, string | undefined, Partial<Transaction>, boolean]>([
    ['has a task', undefined, {}, true],
    ['has one in a browser that nothing is known of', 'new', {}, true],
    ['has none in a browser that was used', 'known', {}, false],
    ['is past', undefined, { subject: { id: 'user-ann', identifier: 'ann', decoy: false } }, false],
    ['is past in a registration', undefined, { registration: {} as never }, false],
    ['is past in a recovery', undefined, { recovering: {} as never }, false],
  ])('%s', async (_, browser, transaction, expected) => {
    expect(await hasTask(browser, transaction)).toBe(expected);
  });

  test('has none once the time is over', async () => {
    world.clock.now = start + 900;
    expect(await hasTask(undefined)).toBe(false);
  });
});

test.each<[string, string | undefined, string, boolean]>([
  ['that the user has used', 'known', 'ann', true],
  ['that another user has used', 'known', 'bob', false],
  ['that is new', 'new', 'ann', false],
  ['without a secret', undefined, 'ann', false],
])('a browser %s', async (_, browser, name, expected) => {
  await annUsed();
  await world.addUser('bob', []);
  const isUsed = await inBrowser(browser, async (context) =>
    isUsedBy(context, await loadAccount(context.request.unit, `user-${name}`)),
  );
  expect(isUsed).toBe(expected);
});

test('no browser is used by an unknown user', async () => {
  await annUsed();
  expect(await inBrowser('known', (context) => isUsedBy(context, undefined))).toBe(false);
});

describe('an answer', () => {
  const wrong = [{ code: 'credentials.invalid', level: 'error' }] as const;

  interface Answer {
    readonly key?: string;
    readonly notices?: readonly { readonly code: string; readonly level: string }[];
    readonly browser?: string;
    readonly isKnown?: boolean;
    readonly recordsPlaces?: boolean;
  }

  /** What is counted for the network, what for the account, and what was loaded for that. */
  async function countedFor({ key = 'password', notices = wrong, browser, isKnown = true, ...more }: Answer) {
    Object.assign(world.snapshot, { recordsPlaces: more.recordsPlaces ?? true });
    await annUsed();
    const reserve = jest.spyOn(world.store, 'reserve');
    const before = world.store.loads.length;
    await inBrowser(browser, async (context) => {
      const account = isKnown ? await loadAccount(context.request.unit, 'user-ann') : undefined;
      const result = { context, notices: notices as never };
      await countIfWrong(context, key, { result, account, subjectId: isKnown ? 'user-ann' : 'decoy-id' });
    });
    const loaded = world.store.loads.slice(before).flat();
    const places = (await world.store.load([usualPlacesKey('user-ann')])).entries.get(usualPlacesKey('user-ann'));
    return {
      network: reserve.mock.calls.length,
      account: failuresWithin(places?.value, start, 60),
      loads: [pastKeys('user-ann'), decoyPastKeys('decoy-id')].map((keys) =>
        keys.every((past) => loaded.includes(past)),
      ),
    };
  }

  const nothing = { network: 0, account: 0, loads: [false, false] };
  test.each<[string, Answer, object]>([
    ['with a wrong password', {}, { network: 1, account: 1, loads: [true, false] }],
    ['with a wrong code', { key: 'totp' }, { network: 0, account: 1, loads: [true, false] }],
    ['of an authenticator that is gone', { key: 'gone' }, { network: 0, account: 1, loads: [true, false] }],
    ['that is right', { notices: [] }, nothing],
    ['that was refused otherwise', { notices: [{ code: 'credentials.exceeded', level: 'error' }] }, nothing],
    [
      'that is wrong among others',
      { notices: [{ code: 'credentials.required', level: 'error' }, ...wrong] },
      { network: 1, account: 1, loads: [true, false] },
    ],
    ['from a used browser', { browser: 'known' }, { network: 1, account: 0, loads: [true, false] }],
    ['of an unknown user', { isKnown: false }, { network: 1, account: 0, loads: [false, true] }],
    ['where no rule asks about risk', { recordsPlaces: false }, { network: 1, account: 0, loads: [false, false] }],
  ])('%s', async (_, answer, expected) => {
    expect(await countedFor(answer)).toEqual(expected);
  });
});

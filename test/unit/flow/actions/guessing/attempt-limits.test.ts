/** Which limits an attempt has: by the password policy, by the rule of the user, and of a used browser's own. */

import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Facts } from '../../../../../src/core/model/facts.ts';
import { neutralFacts } from '../../../../../src/core/model/neutral-facts.ts';
import { defaultPasswordTerms, type PasswordLockout } from '../../../../../src/core/model/password-policy.ts';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { limitsOf, sharedLimits, withDeferredAttempt } from '../../../../../src/flow/actions/guessing/lockout.ts';
import { withUsedBrowserAttempts } from '../../../../../src/flow/actions/guessing/used-browser-attempts.ts';
import type { LoadedAttempt } from '../../../../../src/flow/actions/verification/verify.ts';
import { browserLifetime } from '../../../../../src/flow/browser/used-browser.ts';
import { loadAccount } from '../../../../../src/flow/facts/account.ts';
import type { OpenTransaction } from '../../../../../src/flow/transaction/open-transaction.ts';
import { attemptCounter, browserAttemptsCounter, usedBrowserKey } from '../../../../../src/stores/keys.ts';
import { createWorld, credential, fakeAuthenticator, opened, start, totp, type World } from '../../sign-in-fixture.ts';

const password = fakeAuthenticator({ key: 'password', factors: ['knowledge'], underPasswordPolicy: true });
const strict: PasswordLockout = { attempts: 3, within: 600, consecutive: 20 };
const loose: PasswordLockout = { attempts: 50, within: 60, wait: 30, consecutive: 100 };

/** A rule for the group `strict`, and one for all others, unless it is left out. */
function policyOf(first: PasswordLockout, second?: PasswordLockout) {
  const ruleOf = (name: string, when: object, lockout: PasswordLockout) => ({
    name,
    when,
    then: { ...defaultPasswordTerms, lockout },
  });
  return compilePolicy({
    name: 'password',
    rules: [
      ruleOf('strict', { groups: { any: ['strict'] } }, first),
      ...(second ? [ruleOf('others', {}, second)] : []),
    ],
  });
}

const limitsOfStrict = [
  { limit: 3, window: 600 },
  { limit: 20, window: 0 },
];
const limitsOfLoose = [
  { limit: 50, window: 60, wait: 30 },
  { limit: 100, window: 0 },
];

test('a lockout bounds the attempts of a time and those in a row', () => {
  expect([strict, loose].map(limitsOf)).toEqual([limitsOfStrict, limitsOfLoose]);
});

let world: World;
beforeEach(async () => {
  world = createWorld({ authenticators: [password, totp] });
  await world.addUser('ann', [credential('password', 'secret')]);
  await world.addUser('eve', [credential('password', 'secret')], { groups: ['strict'] });
  await world.beginSignIn();
});

async function setPolicy(policy: ReturnType<typeof policyOf> | undefined): Promise<void> {
  const policies = await world.snapshot.policies({} as never);
  Object.assign(world.snapshot, {
    policies: async () => ({ ...policies, password: policy }),
    passwordPolicy: async () => policy,
  });
  Object.assign(world.services, { knownSnapshot: () => world.snapshot });
}

describe('limits that are the same for all users', () => {
  test('are those of the authenticator, if the password policy is not about it', async () => {
    await setPolicy(policyOf(strict, loose));
    expect(await sharedLimits(world.services, totp)).toEqual([{ limit: 3, window: 60 }]);
  });

  test.each<[string, ReturnType<typeof policyOf> | undefined, object | undefined]>([
    ['without a policy are the usual ones', undefined, limitsOf(defaultPasswordTerms.lockout)],
    ['are those of all rules', policyOf(strict, strict), limitsOfStrict],
    ['are none, where rules differ', policyOf(strict, loose), undefined],
  ])('%s', async (_, policy, expected) => {
    await setPolicy(policy);
    expect(await sharedLimits(world.services, password)).toEqual(expected);
  });

  test('are the usual ones before a configuration is known', async () => {
    expect(await sharedLimits(world.services, password)).toEqual(limitsOf(defaultPasswordTerms.lockout));
  });
});

describe('an attempt that waits for the account', () => {
  const deferred = { of: 'user-ann', name: 'password' };

  /** The user's facts, the account, and what was reserved of what. */
  async function reserved(
    name: string | undefined,
    loaded: LoadedAttempt,
    { subjectId = `user-${name}`, key }: { readonly subjectId?: string; readonly key?: string } = {},
  ) {
    const load = jest.spyOn(world.store, 'load');
    const attempt = await opened(world, async (context) => {
      const account = name === undefined ? undefined : await loadAccount(context.request.unit, `user-${name}`);
      load.mockClear();
      const facts: Facts = neutralFacts({ now: start, request: context.transaction.request });
      return withDeferredAttempt(context, loaded, { facts, account, subjectId, ...(key !== undefined && { key }) });
    });
    const asked = load.mock.calls.flatMap(([, options]) => options?.reserve ?? []);
    load.mockRestore();
    return { attempt, asked };
  }

  test('that does not wait stays as it is', async () => {
    const loaded: LoadedAttempt = { counter: 'c', reservation: { granted: true, remaining: 1, retryAfter: 0 } };
    const { attempt, asked } = await reserved('ann', loaded);
    expect(attempt).toBe(loaded);
    expect(asked).toEqual([]);
  });

  test('with limits is reserved by them, at the key of the account', async () => {
    await setPolicy(policyOf(strict, loose));
    const limits = [{ limit: 7, window: 70 }];
    const { attempt, asked } = await reserved('ann', { deferred: { ...deferred, limits } }, { key: 'user-eve' });
    expect(asked).toEqual([{ ...deferred, of: 'user-eve', limits }]);
    expect(attempt).toEqual({
      limits,
      counter: expect.stringContaining('user-eve'),
      reservation: { granted: true, remaining: 6, retryAfter: 0 },
    });
  });

  test.each<[string, string | undefined, ReturnType<typeof policyOf>, object | undefined]>([
    ['of one rule', 'eve', policyOf(strict, loose), limitsOfStrict],
    ['of the other', 'ann', policyOf(strict, loose), limitsOfLoose],
    ['of one rule, the other way round', 'eve', policyOf(loose, strict), limitsOfLoose],
    ['of the other, the other way round', 'ann', policyOf(loose, strict), limitsOfStrict],
    ['of no rule', 'ann', policyOf(strict), limitsOfStrict],
    ['of no rule, the strict one being loose', 'ann', policyOf(loose), limitsOfLoose],
  ])('without limits gets those %s', async (_, name, policy, expected) => {
    await setPolicy(policy);
    // What would be drawn for the id makes no difference.
    for (const subjectId of ['1', '2', '3', '4', '5', '6']) {
      const { attempt, asked } = await reserved(name, { deferred }, { subjectId });
      expect(asked).toEqual([{ ...deferred, limits: expected }]);
      expect(attempt.limits).toEqual(expected);
    }
  });

  test('a rule may also ask about the request', async () => {
    const { rules } = policyOf(strict, loose);
    const [first, second] = rules.map(({ rule }) => rule);
    if (!first || !second) throw new Error('two rules');
    const when = { scopes: { any: ['openid'] } };
    await setPolicy(compilePolicy({ name: 'password', rules: [{ ...second, when }, first, { ...first, when: {} }] }));
    expect((await reserved('eve', { deferred })).attempt.limits).toEqual(limitsOfLoose);
  });

  test('an unknown identifier always gets the limits of one rule, and all rules are drawn', async () => {
    await setPolicy(policyOf(strict, loose));
    const drawn = async (subjectId: string) => (await reserved(undefined, { deferred }, { subjectId })).attempt.limits;
    const ids = Array.from({ length: 20 }, (_, at) => `decoy-${at}`);
    const first = [];
    for (const id of ids) first.push(await drawn(id));
    // A new secret changes nothing.
    world.secrets.all = [Buffer.alloc(32, 2).toString('base64url'), ...world.secrets.all];
    const second = [];
    for (const id of ids) second.push(await drawn(id));
    expect(second).toEqual(first);
    expect(new Set(first.map((limits) => JSON.stringify(limits)))).toEqual(
      new Set([limitsOfStrict, limitsOfLoose].map((limits) => JSON.stringify(limits))),
    );
  });
});

describe('attempts of a used browser', () => {
  const refused: LoadedAttempt = {
    counter: attemptCounter('user-ann', 'totp'),
    reservation: { granted: false, remaining: 0, retryAfter: 60 },
  };
  const browserSecret = 'known';

  beforeEach(() =>
    world.write({
      op: 'put',
      key: usedBrowserKey(browserSecret),
      value: JSON.stringify({ 'user-ann': { at: start, used: [] } }),
    }),
  );

  interface Attempt {
    readonly key?: string;
    readonly name?: string;
    readonly isKnown?: boolean;
    readonly browserSecret?: string | undefined;
    readonly loaded?: LoadedAttempt;
    readonly credentialId?: string;
  }

  async function attemptOf({ key = 'totp', name = 'ann', isKnown = true, loaded = refused, ...more }: Attempt) {
    const secret = 'browserSecret' in more ? more.browserSecret : browserSecret;
    const reserve = jest.spyOn(world.store, 'reserve');
    const attempt = await opened(world, async (context) => {
      const { request } = context;
      const account = isKnown ? await loadAccount(request.unit, `user-${name}`) : undefined;
      await request.unit.load([usedBrowserKey(browserSecret), usedBrowserKey('new')]);
      const visitor = { ...request.visitor, ...(secret !== undefined && { browserSecret: secret }) };
      const inBrowser: OpenTransaction = { ...context, request: { ...request, visitor } };
      const id = more.credentialId;
      return withUsedBrowserAttempts(
        inBrowser,
        { key, account, credential: id === undefined ? undefined : credential('totp', 't', { id }) },
        loaded,
      );
    });
    return { attempt, calls: reserve.mock.calls };
  }

  test.each<[string, Attempt]>([
    ['the account has some left', { loaded: { reservation: { granted: true, remaining: 0, retryAfter: 0 } } }],
    ['none was reserved', { loaded: {} }],
    ['the user is unknown', { isKnown: false }],
    ['another user has used it', { name: 'eve' }],
    ['the browser is new', { browserSecret: 'new' }],
    ['the browser has no secret', { browserSecret: undefined }],
    ['the authenticator is gone', { key: 'gone' }],
  ])('are not needed or not there: %s', async (_, attempt) => {
    const { attempt: result, calls } = await attemptOf(attempt);
    expect(result).toBe(attempt.loaded ?? refused);
    expect(calls).toEqual([]);
  });

  test.each<[string, Attempt, string, readonly object[]]>([
    ['as many as the authenticator allows', {}, '', [{ limit: 3, window: 60 }]],
    ['for each credential', { credentialId: 'second' }, 'second', [{ limit: 3, window: 60 }]],
    [
      'by the limits of the attempt, those in a row for as long as the browser is kept',
      { loaded: { ...refused, limits: limitsOfStrict } },
      '',
      [
        { limit: 3, window: 600 },
        { limit: 20, window: browserLifetime },
      ],
    ],
    ['by the limits of an authenticator that is gone', { key: 'gone', loaded: { ...refused, limits: [] } }, '', []],
  ])('are %s', async (_, attempt, credentialId, limits) => {
    jest.spyOn(world.store, 'reserve').mockResolvedValue({ granted: true, remaining: 2, retryAfter: 0 });
    const { attempt: result, calls } = await attemptOf(attempt);
    const counter = browserAttemptsCounter({
      account: 'user-ann',
      credential: credentialId,
      authenticator: attempt.key ?? 'totp',
      secret: browserSecret,
    });
    expect(calls).toEqual([[counter, limits]]);
    expect(result).toEqual({ counter, reservation: { granted: true, remaining: 2, retryAfter: 0 } });
  });
});

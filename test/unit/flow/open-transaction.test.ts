/** What the actions get from an open transaction, each asked directly. */

import { describe, expect, test } from '@jest/globals';
import type { Authenticator, AuthenticatorContext } from '../../../src/authenticators/authenticator.ts';
import { wouldEndOtherSessions } from '../../../src/flow/actions/enrollment/enroll.ts';
import { startChallenge } from '../../../src/flow/actions/selection/start-challenge.ts';
import { magicLinkChallenge } from '../../../src/flow/actions/verification/magic-link-challenge.ts';
import { throttled, verify } from '../../../src/flow/actions/verification/verify.ts';
import { decide } from '../../../src/flow/engine.ts';
import { serverMac } from '../../../src/flow/server-mac.ts';
import { environmentOf } from '../../../src/flow/transaction/open-transaction.ts';
import {
  guessingNetworkKey,
  identifierKey,
  interactionKey,
  transactionKey,
  usedBrowserKey,
} from '../../../src/stores/keys.ts';
import {
  allow,
  createWorld,
  credential,
  factors,
  fakeAuthenticator,
  noticesOf,
  opened,
  password,
  totp,
} from './sign-in-fixture.ts';

const twoFactors = { app: allow(factors(2)) };

describe('what an authenticator may know', () => {
  test('is the identifier as it was typed, and whether something was proved', async () => {
    const world = createWorld(twoFactors);
    await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
    const known = () => opened(world, (context) => environmentOf(context, 'totp', []));
    await world.beginSignIn();
    expect(await known()).not.toHaveProperty('identifier');
    const page = await world.identify('Ann');
    expect(await known()).toMatchObject({ identifier: 'Ann', subjectId: 'user-ann', mayShowDetails: false });
    await world.send(page, { 'credentials.passcode': 'secret' });
    expect(await known()).toMatchObject({ identifier: 'Ann', mayShowDetails: true });
  });

  test('is how the policy sets it up, and no other', async () => {
    const world = createWorld();
    await world.beginSignIn();
    const own = { codeLifetime: 300 };
    Object.assign(world.snapshot.settings.authenticators, { totp: own, password: { minLength: 8 } });
    const { settings } = await opened(world, (context) => environmentOf(context, 'totp', []));
    expect(settings).toEqual(own);
  });

  test('hashes decoys under the oldest secret, which a new secret does not change', async () => {
    const world = createWorld();
    await world.beginSignIn();
    const [old = ''] = world.secrets.all;
    const fresh = Buffer.alloc(32, 2).toString('base64url');
    world.secrets.all = [fresh, old];
    const env = await opened(world, (context) => environmentOf(context, 'totp', []));
    expect(env.mac('a', 'b')).toBe(serverMac([fresh], 'a', ['b']));
    expect(env.decoyMac('a', 'b')).toBe(serverMac([old], 'a', ['b']));
  });

  test('includes the enrollments that make progress, and only the secret fields of a form', async () => {
    const asked: AuthenticatorContext[] = [];
    const inputs: object[] = [];
    const spied: Authenticator = {
      ...totp,
      challenge: (credentials, env) => {
        asked.push(env);
        return totp.challenge(credentials, env);
      },
      verify: (credentials, given, env) => {
        inputs.push(given.input);
        return totp.verify(credentials, given, env);
      },
    };
    const world = createWorld({ ...twoFactors, authenticators: [password, spied] });
    await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(asked).toMatchObject([{ allowedCredentials: ['totp'] }]);
    await world.send(page, { 'credentials.passcode': '123', rememberDevice: 'no' });
    expect(inputs).toEqual([{ passcode: '123' }]);
  });
});

describe('what is loaded first', () => {
  test.each([
    [undefined, []],
    ['browser-secret', [usedBrowserKey('browser-secret')]],
  ])('in the browser %s', async (browserSecret, keys) => {
    const world = createWorld({ visitor: browserSecret === undefined ? {} : { browserSecret } });
    await world.beginSignIn();
    const { length } = world.store.loads;
    await world.view();
    expect(world.store.loads[length]).toEqual([
      interactionKey('tx'),
      transactionKey('tx'),
      guessingNetworkKey('192.0.2.1'),
      ...keys,
    ]);
  });

  test('an identifier that was entered costs no second load', async () => {
    const world = createWorld(twoFactors);
    await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
    const page = await world.beginSignIn();
    const { length } = world.store.loads;
    await world.send(page, { identifier: 'ann' });
    expect(world.store.loads.length - length).toBe(1);
  });
});

describe('an answer that names no user', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['of an impossible identifier', { identifier: 'a\u0000b' }],
    ['of a challenge that identifies', { identifier: 'ann', 'authenticator.id': 'key' }],
  ])('%s loads no account and reserves nothing', async (_what, fields) => {
    const world = createWorld(twoFactors);
    const page = await world.beginSignIn();
    const { length } = world.store.loads;
    await world.send(page, { ...fields, 'credentials.passcode': 'secret' });
    expect(world.store.loads[length]).toEqual([
      interactionKey('tx'),
      transactionKey('tx'),
      guessingNetworkKey('192.0.2.1'),
    ]);
    const limits = [{ limit: 3, window: 60 }];
    for (const owner of ['', 'ann'].map(identifierKey)) {
      const { reservation } = await world.store.load([], { reserve: { of: owner, name: 'password', limits } });
      expect(reservation?.remaining).toBe(2);
    }
  });
});

test('decoys differ from one identifier to the next', async () => {
  const some = fakeAuthenticator({ key: 'some', decoys: { share: 0.5 } });
  const world = createWorld({ ...twoFactors, authenticators: [password, some] });
  const counts = new Set<number | undefined>();
  for (let turn = 0; turn < 20; turn += 1) {
    await world.identify(`nobody-${turn}`);
    const { facts } = await opened(world, decide);
    counts.add(facts.subject?.enrollments.length);
  }
  expect([...counts].sort()).toEqual([1, 2]);
});

test('what no authenticator can verify is refused', async () => {
  const world = createWorld();
  await world.beginSignIn();
  const loaded = { reservation: { granted: true, remaining: 2, retryAfter: 0 } };
  const attempt = { key: 'none', credential: undefined, pending: {}, fields: {}, loaded, account: undefined };
  const { notices } = await opened(world, (context) => verify(context, attempt));
  expect(notices).toMatchObject([{ code: 'form.stale' }]);
});

test('an answer for which no attempt was reserved is refused without a lock', async () => {
  const world = createWorld();
  await world.beginSignIn();
  const refusal = await opened(world, (context) => throttled(context, 'totp', undefined));
  expect(refusal?.notices).toMatchObject([{ code: 'attempts.exceeded', params: { seconds: 0 } }]);
});

describe('a challenge cannot start', () => {
  test('without its authenticator', async () => {
    const world = createWorld(twoFactors);
    await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
    const page = await world.beginSignIn();
    (world.services.authenticators as Map<string, Authenticator>).delete('totp');
    const sent = world.send(page, { identifier: 'ann', 'credentials.passcode': 'secret' });
    await expect(sent).rejects.toMatchObject({ code: 'internal' });
  });

  test('without a user', async () => {
    const world = createWorld();
    await world.beginSignIn();
    const plan = { purpose: 'challenge', authenticator: 'totp' } as const;
    const starting = opened(world, async (context) => startChallenge(context, plan, await decide(context)));
    await expect(starting).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('an enrollment would end the other sessions', () => {
  const only = fakeAuthenticator({ key: 'only', enrollable: true, maxEnrollments: 1 });

  test.each<[string, string, boolean]>([
    ['of the first of its factor', 'first', true],
    ['that replaces the only one', 'only', true],
    ['of one more without a limit', 'totp', false],
    ['that is not configured', 'none', false],
  ])('%s', async (_what, key, ends) => {
    const first = fakeAuthenticator({ key: 'first', factors: ['inherence'], enrollable: true });
    const world = createWorld({ authenticators: [password, totp, only, first] });
    await world.addUser('ann', [
      credential('password', 'secret'),
      ...['only', 'totp'].map((authenticator) => credential(authenticator, '1')),
    ]);
    await world.identify('ann');
    const would = await opened(world, async (context) => {
      const policies = await world.snapshot.policies(context.app);
      return wouldEndOtherSessions(context, policies, { facts: (await decide(context)).facts, key });
    });
    expect(would).toBe(ends);
  });

  test('not before the user is identified', async () => {
    const world = createWorld();
    await world.beginSignIn();
    const would = await opened(world, async (context) => {
      const policies = await world.snapshot.policies(context.app);
      return wouldEndOtherSessions(context, policies, { facts: (await decide(context)).facts, key: 'totp' });
    });
    expect(would).toBe(false);
  });
});

test('an enrollment whose authenticator is gone is not confirmed', async () => {
  const world = createWorld({ enrollment: { required: [{ anyOf: ['totp'] }] } });
  await world.addUser('ann', [credential('password', 'secret')]);
  const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
  (world.services.authenticators as Map<string, Authenticator>).delete('totp');
  expect(noticesOf(await world.send(page, { 'credentials.passcode': 'new' }))).toEqual(['error form.stale']);
  expect(await world.credentials('ann')).toHaveLength(1);
});

test('a magic link completes a challenge, never an enrollment', async () => {
  const readMagicLink = () => ({ passcode: '1', requestedFrom: { ip: '', browser: '', system: '' } });
  const mail = fakeAuthenticator({ key: 'mail', enrollable: true }, { readMagicLink });
  const found = async (credentials: readonly string[]) => {
    const world = createWorld({ authenticators: [password, mail], ...twoFactors });
    await world.addUser(
      'ann',
      credentials.map((key) => credential(key, 'secret')),
    );
    await world.identify('ann', { 'credentials.passcode': 'secret' });
    const { pending } = (await world.transaction()) ?? {};
    return [
      pending?.purpose,
      await opened(world, (context) => magicLinkChallenge(context, 'token')?.challenge.purpose),
    ];
  };
  expect(await found(['password', 'mail'])).toEqual(['challenge', 'challenge']);
  expect(await found(['password'])).toEqual(['enroll', undefined]);
});

test('a magic link finds nothing where no challenge was started', async () => {
  const world = createWorld();
  await world.beginSignIn();
  expect(await opened(world, (context) => magicLinkChallenge(context, 'token'))).toBeUndefined();
});

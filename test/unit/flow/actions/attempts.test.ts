/** Which attempt an answer uses, and which forms of the first page need work before that. */

import { beforeEach, describe, expect, test } from '@jest/globals';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { attemptOf } from '../../../../src/flow/actions/answer.ts';
import type { Settings } from '../../../../src/policy/model/settings.ts';
import {
  guessingNetworkKey,
  identifierKey,
  networkFailuresCounter,
  transactionKey,
} from '../../../../src/stores/keys.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  start,
  totp,
  type World,
} from '../sign-in-fixture.ts';
import { recoverablePassword, recoveryByMail } from './actions-fixture.ts';

const email = fakeAuthenticator({ key: 'email', decoys: { share: 1 } });
const settings = {
  proofOfWork: { free: 1, difficulty: 5, wrongPasswords: 50 },
  identify: { defaultCountry: 'AT' },
  attributes: { attributes: { phone: { type: 'phone', identifies: true } }, closed: false },
} as unknown as Partial<Settings>;

let world: World;
beforeEach(async () => {
  world = createWorld({
    authenticators: [recoverablePassword, totp, email],
    settings,
    policies: { recovery: recoveryByMail },
    app: allow(factors(1)),
  });
  Object.assign(world.services, { knownSnapshot: () => world.snapshot });
  await world.addUser('ann', [credential('password', 'secret'), credential('email', 'm')]);
});

describe('the attempt of a form', () => {
  const when = { key: transactionKey('tx'), version: 3 };
  const usual = [
    { limit: 10, window: 900 },
    { limit: 100, window: 0 },
  ];
  const own = [{ limit: 3, window: 60 }];
  const digits = '06601234567';
  const readings = ['+436601234567', digits].map(identifierKey);
  const secret = { 'credentials.passcode': 'secret' };

  const attempt = (step: string, authenticator: string, fields: Readonly<Record<string, string>>) =>
    attemptOf(world.services, { transaction: 'tx', step, authenticator, version: 3 }, fields);

  test('on the first page is of the identifier, in canonical form', async () => {
    expect(await attempt('identify', 'password', { identifier: ' Ann ', ...secret })).toMatchObject({
      keys: [identifierKey('ann')],
      reserve: { of: identifierKey('ann'), name: 'password', limits: usual, when },
    });
  });

  test('waits for the account if the text has several readings', async () => {
    const waiting = await attempt('identify', 'password', { identifier: digits, ...secret });
    expect(waiting).toMatchObject({
      keys: readings,
      deferred: { of: readings[0], name: 'password', limits: usual, when },
    });
    expect(waiting).not.toHaveProperty('reserve');
  });

  test('waits without limits, if these differ by rule', async () => {
    const terms = { lockout: { attempts: 1, within: 2, consecutive: 3 } };
    const others = { lockout: { attempts: 4, within: 5, consecutive: 6 } };
    const rules = [terms, others].map((then, at) => ({ name: `${at}`, when: {}, then }));
    Object.assign(world.snapshot, { passwordPolicy: async () => compilePolicy({ name: 'p', rules } as never) });
    for (const identifier of [digits, 'ann']) {
      const { deferred, reserve } = await attempt('identify', 'password', { identifier, ...secret });
      expect([deferred?.name, deferred?.when, reserve]).toEqual(['password', when, undefined]);
      expect(deferred).not.toHaveProperty('limits');
    }
  });

  test.each<[string, string, Readonly<Record<string, string>>, readonly string[]]>([
    ['without a secret', 'password', { identifier: 'ann' }, [identifierKey('ann')]],
    ['with an empty secret', 'password', { identifier: 'ann', 'credentials.passcode': '' }, [identifierKey('ann')]],
    ['without an authenticator', '', { identifier: digits, ...secret }, readings],
    ['with an authenticator that is gone', 'gone', { identifier: 'ann', ...secret }, [identifierKey('ann')]],
    ['with a text that is no identifier', 'password', { identifier: 'a b', ...secret }, []],
    ['without a text', 'password', secret, []],
    ['with another authenticator', 'password', { identifier: 'ann', 'authenticator.id': 'passkey', ...secret }, []],
  ])('on the first page %s is none', async (_, authenticator, fields, keys) => {
    const none = await attempt('identify', authenticator, fields);
    expect(none).toMatchObject({ keys });
    expect([none.reserve, none.deferred]).toEqual([undefined, undefined]);
  });

  test.each<[string, string, object]>([
    ['challenge', 'totp', { reserve: { of: when.key, name: 'totp', limits: own, when } }],
    ['challenge', 'password', { reserve: { of: when.key, name: 'password', limits: usual, when } }],
    ['enroll', 'totp', { reserve: { of: when.key, name: expect.stringContaining('totp'), limits: own, when } }],
    ['register', 'email', { reserve: { of: when.key, name: expect.stringContaining('email'), limits: own, when } }],
    ['challenge', 'gone', {}],
    ['consent', 'totp', {}],
    ['profile', 'totp', {}],
  ])('of the step %s with %s', async (step, authenticator, expected) => {
    expect(await attempt(step, authenticator, secret)).toEqual({ keys: [], ...expected });
  });

  test('at a new key or a new address counts apart from those of enrolled ones', async () => {
    const steps = ['challenge', 'enroll', 'register'];
    const names = await Promise.all(steps.map(async (step) => (await attempt(step, 'email', secret)).reserve?.name));
    expect(new Set(names).size).toBe(3);
  });
});

describe('the first page of a network that guesses', () => {
  beforeEach(() =>
    world.write({
      op: 'put',
      key: guessingNetworkKey('192.0.2.1'),
      value: JSON.stringify({ until: start + 900 }),
    }),
  );

  test('verifies nothing before the work, and keeps what was typed', async () => {
    const page = await world.beginSignIn();
    world.events();
    const refused = asStep(await world.send(page, { identifier: ' ann ', 'credentials.passcode': 'secret' }));
    expect([currentStep(refused), noticesOf(refused)]).toEqual(['identify', ['error requests.exceeded']]);
    expect(refused.step.notices).toMatchObject([{ params: { seconds: 900 } }]);
    expect(world.events()).toEqual([]);
    expect(await world.transaction()).toMatchObject({ prefilledIdentifier: 'ann', work: { bits: 5 } });
  });

  test.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['an identifier that is missing', {}, ['error identifier.required identifier']],
    ['what is no identifier', { identifier: 'a b' }, ['error identifier.invalid identifier']],
  ])('asks no work for %s', async (_, fields, expected) => {
    expect(noticesOf(await world.send(await world.beginSignIn(), fields))).toEqual(expected);
  });
});

describe('a recovery', () => {
  /** The page that asks who has forgotten the password. */
  async function recovering() {
    return asStep(await world.send(await world.beginSignIn(), {}, { step: 'recover' }));
  }

  test('is free once in a network, and needs work then', async () => {
    const page = await recovering();
    const next = asStep(await world.send(page, { identifier: 'ann' }));
    expect(currentStep(next)).toBe('challenge:email');
    const again = asStep(await world.send(await recovering(), { identifier: 'ann' }));
    expect([currentStep(again), noticesOf(again)]).toEqual(['identify', ['error requests.exceeded']]);
  });

  test('does not ask for the work of a network that guesses', async () => {
    const until = JSON.stringify({ until: start + 900 });
    await world.write({ op: 'put', key: guessingNetworkKey('192.0.2.1'), value: until });
    const next = await world.send(await recovering(), { identifier: 'ann' });
    expect(currentStep(next)).toBe('challenge:email');
  });
});

describe('wrong answers count for the network', () => {
  const failures = async () => {
    const { remaining } = await world.store.reserve(networkFailuresCounter('192.0.2.1'), [
      { limit: 100, window: 3600 },
    ]);
    return 99 - remaining;
  };

  test('on the first page and on a page of its own', async () => {
    const page = await world.beginSignIn();
    await world.send(page, { identifier: 'ann', 'credentials.passcode': 'wrong' });
    expect(await failures()).toBe(1);
    const challenge = await world.identify('ann');
    expect(currentStep(challenge)).toBe('challenge:password');
    await world.send(challenge, { 'credentials.passcode': 'wrong' });
    // The question before counted, too.
    expect(await failures()).toBe(3);
  });
});

/** What becomes of the answer to a challenge, and what its verification changes. */

import { describe, expect, test } from '@jest/globals';
import type { Authenticator } from '../../../../../src/authenticators/authenticator.ts';
import type { Requirement } from '../../../../../src/core/model/policy.ts';
import { formHandle } from '../../../../../src/flow/transaction/form-handle.ts';
import { credentialsKey, identifierKey } from '../../../../../src/stores/keys.ts';
import { serializeCredentials } from '../../../../../src/users/record/user.ts';
import {
  allow,
  asStep,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  password,
  start,
  totp,
  type World,
  type WorldOptions,
} from '../../sign-in-fixture.ts';
import { attemptsLeft, proof, strictly, twoFactors, worldOfAnn } from '../actions-fixture.ts';

describe('a challenge', () => {
  async function atTotp(options: WorldOptions = twoFactors) {
    const world = await worldOfAnn(options);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    return { world, page };
  }

  test('that sends nothing leaves no message to withdraw', async () => {
    const { world } = await atTotp();
    expect((await world.transaction())?.pending).not.toHaveProperty('outbox');
  });

  test('a wrong answer costs an attempt, and the third is the last', async () => {
    const { world, page } = await atTotp();
    const said = [];
    for (const passcode of ['1', '2', '3', '123'])
      said.push(...noticesOf(await world.send(page, { 'credentials.passcode': passcode })));
    expect(said).toEqual([
      ...Array(3).fill('error credentials.invalid credentials.passcode'),
      'error attempts.exceeded credentials.passcode',
    ]);
    expect(world.events()).toEqual([
      ...Array(3).fill('authenticator.refused totp credentials.invalid'),
      'authenticator.throttled totp',
    ]);
  });

  test('an answer counts while its challenge does', async () => {
    for (const [later, where] of [
      [299, 'complete'],
      [300, 'challenge:totp'],
    ] as const) {
      const { world, page } = await atTotp();
      world.clock.now += later;
      const result = await world.send(page, { 'credentials.passcode': '123' });
      expect(currentStep(result)).toBe(where);
      if (where !== 'complete') expect(noticesOf(result)).toEqual(['error challenge.expired']);
    }
  });

  test('an unknown user is refused like a wrong answer', async () => {
    const world = await worldOfAnn();
    const page = await world.identify('bob');
    const result = await world.send(page, { 'credentials.passcode': 'secret' });
    expect([currentStep(result), noticesOf(result)]).toEqual([
      'challenge:password',
      ['error credentials.invalid credentials.passcode'],
    ]);
    expect(world.lines[0]).not.toHaveProperty('subject');
    expect(await attemptsLeft(world, identifierKey('bob'), 'password')).toBe(2);
  });

  test('an authenticator that was taken away meanwhile proves nothing', async () => {
    const { world, page } = await atTotp();
    const value = serializeCredentials([credential('password', 'secret')]);
    await world.write({ op: 'put', key: credentialsKey('user-ann'), value });
    const result = await world.send(page, { 'credentials.passcode': '123' });
    expect(result.kind).toBe('step');
    expect(world.events()).not.toContain('authenticator.verified totp');
  });

  test('an enrollment that was taken away proves nothing, although another of its kind is left', async () => {
    const { world, page } = await atTotp();
    const left = [credential('password', 'secret'), credential('totp', '123', { id: 'totp2' })];
    await world.write({ op: 'put', key: credentialsKey('user-ann'), value: serializeCredentials(left) });
    const result = await world.send(page, { 'credentials.passcode': '123' });
    expect([currentStep(result), noticesOf(result)]).toEqual(['challenge:totp', ['error form.stale']]);
    expect(world.events()).toEqual([]);
  });

  test('a form of another authenticator than the one under way proves nothing', async () => {
    const { world, page } = await atTotp();
    for (const authenticator of ['password', 'none']) {
      const binding = { transaction: 'tx', step: 'challenge', authenticator, version: page.version };
      const handle = formHandle(world.secrets.all[0] as string, binding);
      const result = await world.send({ handle }, { 'credentials.passcode': '123' });
      expect([currentStep(result), noticesOf(result)]).toEqual(['challenge:totp', ['error form.stale']]);
    }
  });

  test.each([
    [allow(factors(2), { remember: 600 }), '123', 'yes', true],
    [allow(factors(2), { remember: 600 }), '123', 'no', undefined],
    [allow(factors(2), { remember: 600 }), 'wrong', 'yes', undefined],
    [allow(factors(2)), '123', 'yes', undefined],
  ])('%j, %s, remember this browser: %s', async (app, passcode, rememberDevice, expected) => {
    const { world, page } = await atTotp({ app });
    await world.send(page, { 'credentials.passcode': passcode, rememberDevice });
    expect((await world.transaction())?.rememberDevice).toBe(expected);
  });

  test('that nothing asks for any more remembers no browser', async () => {
    const demands = ['totp', 'key'].map((key) => ({ authenticators: [key] }));
    const both: Requirement = { anyOf: [{ factors: 2, demands }] };
    const app = strictly(allow(both), allow(factors(2), { remember: 600 }));
    const credentials = ['password', 'totp', 'key'].map((key) => credential(key, key));
    const world = createWorld({ app, authenticators: [password, totp, fakeAuthenticator({ key: 'key' })] });
    await world.addUser('ann', credentials, { groups: ['strict'] });
    let page = await world.identify('ann');
    for (const shown of ['totp', 'password']) {
      page = asStep(await world.send(page, { 'authenticator.id': shown }, { step: 'select' }));
      page = asStep(await world.send(page, { 'credentials.passcode': shown }));
    }
    expect(page).toMatchObject({ step: { kind: 'challenge', authenticator: 'key' }, done: ['totp', 'password'] });
    await world.addUser('ann', credentials);
    expect(currentStep(await world.send(page, { rememberDevice: 'yes' }))).toBe('complete');
    expect(await world.transaction()).not.toHaveProperty('rememberDevice');
  });
});

describe('what a verification changes', () => {
  const signIn = async (
    verify: Authenticator['verify'],
    more: Partial<Authenticator> = {},
    meanwhile?: (world: World) => Promise<unknown>,
  ) => {
    const key = fakeAuthenticator({ key: 'key' }, { verify, ...more });
    const world = createWorld({ authenticators: [key] });
    const mine = credential('key', 'old');
    await world.addUser('ann', [mine, credential('key', 'other', { id: 'key2' }), credential('totp', 'x')], {
      profile: { email: 'ann@example.org', emailVerified: true },
    });
    const page = await world.identify('ann');
    if (meanwhile) world.store.beforeNextCommit(() => meanwhile(world));
    const result = await world.send(page, { 'credentials.passcode': 'x' });
    return { world, result, credentials: await world.credentials('ann') };
  };
  const ok = { ok: true, credential: 'key', proof } as const;
  const writeKey = (text: string) => (world: World) => {
    // The other key has the secret that this one had.
    const value = serializeCredentials([credential('key', text), credential('key', 'old', { id: 'key2' })]);
    return world.write({ op: 'put', key: credentialsKey('user-ann'), value });
  };

  test('a one-time value is saved with the proof', async () => {
    const { result, credentials } = await signIn(async () => ({ ...ok, secret: { text: 'new' }, mustSave: true }));
    expect(result.kind).toBe('complete');
    expect(credentials).toEqual([
      { ...credential('key', 'new'), lastUsedAt: start },
      credential('key', 'other', { id: 'key2' }),
      credential('totp', 'x'),
    ]);
  });

  test('a one-time value that was used meanwhile proves nothing', async () => {
    const lost = signIn(async () => ({ ...ok, secret: { text: 'new' }, mustSave: true }), {}, writeKey('used'));
    await expect(lost).rejects.toMatchObject({ failed: { op: 'replace', key: credentialsKey('user-ann') } });
  });

  test.each([
    ['old', 'new'],
    ['changed', 'changed'],
  ])('a better hash is saved if the secret is still %s', async (text, expected) => {
    const { result, credentials } = await signIn(
      async () => ({ ...ok, secret: { text: 'new' }, mustSave: false }),
      {},
      writeKey(text),
    );
    expect([result.kind, credentials[0]?.secret]).toEqual(['complete', { text: expected }]);
    expect(credentials[1]).toEqual(credential('key', 'old', { id: 'key2' }));
  });

  test('a better hash is no reason to fail when the account is gone', async () => {
    const gone = (world: World) => world.write({ op: 'delete', key: credentialsKey('user-ann') });
    const { credentials } = await signIn(async () => ({ ...ok, secret: { text: 'new' }, mustSave: false }), {}, gone);
    expect(credentials).toEqual([]);
  });

  test('nothing new, nothing saved', async () => {
    const { credentials } = await signIn(async () => ({ ...ok, mustSave: false }));
    expect(credentials[0]).toEqual(credential('key', 'old'));
  });

  test('a consumed code stays stored, and proves nothing further', async () => {
    const { credentials } = await signIn(async () => ({ ...ok, secret: { text: '' }, mustSave: true, consumed: true }));
    expect(credentials.map(({ consumed }) => consumed)).toEqual([true, undefined, undefined]);
  });

  test.each<[string, Partial<Authenticator>, string, 'complete' | 'step']>([
    ['of the same kind, where one challenge serves all', { sharedChallenge: true }, 'key2', 'complete'],
    ['of the same kind, where each has its own', {}, 'key2', 'step'],
    ['of another kind', { sharedChallenge: true }, 'totp', 'step'],
    ['that is not there', { sharedChallenge: true }, 'none', 'step'],
  ])('an answer by another credential %s', async (_what, more, id, expected) => {
    const { world, result } = await signIn(async () => ({ ...ok, credential: id, mustSave: false }), more);
    expect(result.kind).toBe(expected);
    const [event] = world.events();
    expect(event).toBe(
      expected === 'complete' ? 'authenticator.verified key' : 'authenticator.refused key credentials.invalid',
    );
    expect((await world.transaction())?.evidence.map(({ enrollment }) => enrollment)).toEqual(
      expected === 'complete' ? [id] : [],
    );
  });

  test('the evidence contains the proof, its user, time and place', async () => {
    const { world } = await signIn(async () => ({ ...ok, mustSave: false }));
    expect((await world.transaction())?.evidence).toEqual([
      {
        ...proof,
        authenticator: 'key',
        enrollment: 'key',
        subject: 'user-ann',
        at: start,
        transaction: 'tx',
        origin: 'sign_in',
        validAfter: start - 1000,
      },
    ]);
  });

  test.each<[string, Extract<Awaited<ReturnType<Authenticator['verify']>>, { ok: false }>, string, string]>([
    [
      'the code',
      { ok: false, code: 'credentials.used' },
      'error credentials.used credentials.passcode',
      'credentials.used',
    ],
    [
      'the field and the reason',
      { ok: false, code: 'phone.kind', field: 'credentials.key', reason: 'origin' },
      'error phone.kind credentials.key',
      'phone.kind: origin',
    ],
  ])('a refusal says %s', async (_what, refusal, notice, reason) => {
    const { world, result } = await signIn(async () => refusal);
    expect(noticesOf(result)).toEqual([notice]);
    expect(world.lines).toMatchObject([{ subject: 'user-ann', client: 'notes', ip: '192.0.2.1', transaction: 'tx' }]);
    expect(world.events()).toEqual([`authenticator.refused key ${reason}`]);
  });

  test('the user gets the notification that the authenticator asks for', async () => {
    const { world } = await signIn(async () => ({
      ...ok,
      mustSave: false,
      notify: { template: 'account-changed', params: { event: 'added' } },
    }));
    expect((await world.outbox()).map(({ delivery }) => [delivery?.to, delivery?.template])).toEqual([
      ['ann@example.org', 'account-changed'],
    ]);
    expect(world.woken.times).toBe(1);
  });
});

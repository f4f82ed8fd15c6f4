/** The page that asks who it is. */

import { describe, expect, test } from '@jest/globals';
import { formHandle } from '../../../../../src/flow/transaction/form-handle.ts';
import { identifierKey } from '../../../../../src/stores/keys.ts';
import {
  allow,
  asStep,
  credential,
  currentStep,
  factors,
  noticesOf,
  password,
  totp,
  type WorldOptions,
} from '../../sign-in-fixture.ts';
import { attemptsLeft, twoFactors, worldOfAnn } from '../actions-fixture.ts';

describe('the page that asks who it is', () => {
  /** What is entered, where it leads, what is said, what is written down, and what the page keeps. */
  test.each<
    [
      string,
      Readonly<Record<string, string>>,
      string,
      readonly string[],
      readonly string[],
      { readonly identifier?: string; readonly version: number },
    ]
  >([
    ['nothing', {}, 'identify', ['error identifier.required identifier'], [], { version: 1 }],
    ['blanks', { identifier: '  ' }, 'identify', ['error identifier.required identifier'], [], { version: 1 }],
    [
      'what cannot be an identifier',
      { identifier: 'a\u0000b' },
      'identify',
      ['error identifier.invalid identifier'],
      [],
      { version: 2 },
    ],
    ['only a name', { identifier: 'ANN' }, 'challenge:password', [], [], { identifier: 'ANN', version: 2 }],
    [
      'a name and an empty secret',
      { identifier: 'ann', 'credentials.passcode': '' },
      'challenge:password',
      [],
      [],
      { identifier: 'ann', version: 2 },
    ],
    ['an unknown identifier', { identifier: 'bob' }, 'challenge:password', [], [], { identifier: 'bob', version: 2 }],
    [
      'the right secret',
      { identifier: 'ann', 'credentials.passcode': 'secret' },
      'challenge:totp',
      [],
      ['authenticator.verified password', 'sign_in.asked'],
      { identifier: 'ann', version: 2 },
    ],
    [
      'a wrong secret',
      { identifier: 'ann', 'credentials.passcode': 'wrong' },
      'identify',
      ['error credentials.invalid credentials.passcode'],
      ['authenticator.refused password credentials.invalid'],
      { version: 2 },
    ],
    [
      'a secret of an unknown user',
      { identifier: 'bob', 'credentials.passcode': 'secret' },
      'identify',
      ['error credentials.invalid credentials.passcode'],
      ['authenticator.refused password credentials.invalid'],
      { version: 2 },
    ],
  ])('%s', async (_what, fields, where, notices, events, { identifier, version }) => {
    const world = await worldOfAnn();
    const page = asStep(await world.send(await world.beginSignIn(), fields));
    expect([currentStep(page), noticesOf(page), world.events()]).toEqual([where, notices, events]);
    expect([page.version, page.identifier]).toEqual([version, identifier]);
    if (version === 2 && page.step.kind === 'identify') expect(page.step.identifier).toBe(fields.identifier);
  });

  test.each([
    ['ann', 'user-ann'],
    ['bob', 'identifier'],
  ])('a wrong secret of %s costs an attempt, and names no user', async (identifier, owner) => {
    const world = await worldOfAnn();
    await world.identify(identifier, { 'credentials.passcode': 'wrong' });
    const { subject } = (await world.transaction()) ?? {};
    expect(subject).toBeUndefined();
    const key = owner === 'user-ann' ? owner : identifierKey(identifier);
    expect(await attemptsLeft(world, key, 'password')).toBe(2);
  });

  test('a right secret gives the attempts back', async () => {
    const world = await worldOfAnn();
    await world.identify('ann', { 'credentials.passcode': 'wrong' });
    await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(await attemptsLeft(world, 'user-ann', 'password')).toBe(3);
  });

  test.each([
    [60, 'error attempts.exceeded credentials.passcode', { seconds: 60 }],
    [0, 'error attempts.locked credentials.passcode', undefined],
  ])(
    'without an attempt left (window %s) nothing is tried, and the form stays current',
    async (window, notice, params) => {
      const limited = { ...password, attemptLimits: [{ limit: 1, window }] };
      const world = await worldOfAnn({ ...twoFactors, authenticators: [limited, totp] });
      await world.identify('ann', { 'credentials.passcode': 'wrong' });
      world.events();
      const page = await world.beginSignIn();
      const result = asStep(await world.send(page, { identifier: 'ann', 'credentials.passcode': 'secret' }));
      expect([currentStep(result), noticesOf(result), result.version]).toEqual(['identify', [notice], page.version]);
      expect(result.step.notices[0]?.params).toEqual(params);
      expect(world.lines).toMatchObject([
        { event: 'authenticator.throttled', authenticator: 'password', subject: 'user-ann' },
      ]);
    },
  );

  test('a secret that the rules disable is not tried', async () => {
    const world = await worldOfAnn({ ...twoFactors, enrollment: { disabled: ['password'] } });
    const page = await world.beginSignIn();
    const handle = page.handle;
    const result = await world.send({ handle }, { identifier: 'ann', 'credentials.passcode': 'secret' });
    expect(world.events()).not.toContain('authenticator.verified password');
    expect(result.kind === 'step' && result.done).toEqual([]);
  });

  /** The rules changed after the page was made: its handle still names the password. */
  test.each<[string, WorldOptions, boolean]>([
    ['that the rules disable meanwhile', { enrollment: { disabled: ['password'] } }, false],
    ['of the only authenticator', { authenticators: [password] }, true],
  ])('a secret %s', async (_what, options, isTried) => {
    const world = await worldOfAnn({ ...twoFactors, ...options });
    const { version } = await world.beginSignIn();
    const binding = { transaction: 'tx', step: 'identify', authenticator: 'password', version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    await world.send({ handle }, { identifier: 'ann', 'credentials.passcode': 'secret' });
    expect(world.events().includes('authenticator.verified password')).toBe(isTried);
  });

  test.each([
    ['bob', ['error subject.mismatch identifier']],
    ['ann', []],
  ])('where only ann will do, %s', async (identifier, notices) => {
    const world = await worldOfAnn();
    await world.addUser('bob', [credential('password', 'secret')]);
    const page = await world.beginSignIn({}, { expectedSubject: 'user-ann' });
    const result = await world.send(page, { identifier, 'credentials.passcode': 'secret' });
    expect(noticesOf(result)).toEqual(notices);
    expect((await world.transaction())?.subject?.id).toBe(notices.length > 0 ? undefined : 'user-ann');
  });

  test.each([
    ['yes', true],
    ['no', false],
    ['', false],
  ])('keep me signed in: %j', async (rememberMe, kept) => {
    const limits = { idle: 60, absolute: 600 };
    const session = allow(factors(1), { session: { ...limits, keep: limits } });
    const world = await worldOfAnn({ ...twoFactors, session });
    const page = await world.identify('ann', { rememberMe });
    expect((await world.transaction())?.keepSignedIn).toBe(kept);
    expect(currentStep(page)).toBe('challenge:password');
    const back = asStep(await world.send(page, {}, { step: 'restart' }));
    expect(back.step).toMatchObject({ kind: 'identify', keepSignedIn: false });
  });

  test('keep me signed in is not offered where no session rule allows it', async () => {
    const world = await worldOfAnn();
    expect((await world.beginSignIn()).step).not.toHaveProperty('keepSignedIn');
    await world.identify('ann', { rememberMe: 'yes' });
    expect((await world.transaction())?.keepSignedIn).toBe(false);
  });

  test('typed text is kept up to the length of an address', async () => {
    const world = await worldOfAnn();
    await world.send(await world.beginSignIn(), { identifier: `${'a'.repeat(300)}\u0000` });
    expect((await world.transaction())?.prefilledIdentifier).toBe('a'.repeat(254));
  });
});

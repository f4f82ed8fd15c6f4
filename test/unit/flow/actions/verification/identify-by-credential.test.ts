/** Authenticators that say who the user is. */

import { describe, expect, test } from '@jest/globals';
import type { Authenticator } from '../../../../../src/authenticators/authenticator.ts';
import { attemptCounter } from '../../../../../src/stores/keys.ts';
import {
  allow,
  createWorld,
  credential,
  currentStep,
  factors,
  fakeAuthenticator,
  noticesOf,
  password,
  start,
} from '../../sign-in-fixture.ts';
import { attemptsLeft, proof, worldOfAnn } from '../actions-fixture.ts';

describe('an authenticator that can tell who it is', () => {
  const passkey = (
    more: Partial<NonNullable<Authenticator['identifyByCredential']>> = {},
    verify?: Authenticator['verify'],
  ) =>
    fakeAuthenticator(
      { key: 'passkey' },
      {
        sharedChallenge: true,
        identifyByCredential: {
          challenge: (version, { now, userVerification }) => ({
            inputs: ['public_key'],
            public: { version, userVerification },
            private: {},
            expires: now + 60,
          }),
          pending: (_version, input) => (input.late ? undefined : { asked: true }),
          subject: ({ who }) => who,
          ...more,
        },
        ...(verify
          ? { verify }
          : {
              verify: async (_held, { input: { id = '' } }) =>
                id === 'passkey'
                  ? { ok: true, credential: id, proof, mustSave: false }
                  : { ok: false, code: 'credentials.invalid' },
            }),
      },
    );

  async function withPasskey(authenticator = passkey(), options: Parameters<typeof createWorld>[0] = {}) {
    const world = createWorld({ authenticators: [password, authenticator], ...options });
    await world.addUser('ann', [credential('password', 'secret'), credential('passkey', 'x')]);
    return world;
  }
  const by = (fields: Readonly<Record<string, string>>) => ({ 'authenticator.id': 'passkey', ...fields });

  test('is offered on the page that asks for it', async () => {
    const world = await withPasskey();
    const page = await world.beginSignIn();
    expect(page.step).toMatchObject({
      kind: 'identify',
      identifyByCredential: [
        { authenticator: 'passkey', inputs: ['public_key'], challenge: { version: 1, userVerification: false } },
      ],
    });
    expect((await world.identify('ann')).step).not.toHaveProperty('identifyByCredential');
    const plain = await (await worldOfAnn()).beginSignIn();
    expect(plain.step).not.toHaveProperty('identifyByCredential');
  });

  test.each<[string, Readonly<Record<string, string>>, string, readonly string[], readonly string[]]>([
    [
      'the right answer',
      { 'credentials.who': 'user-ann', 'credentials.id': 'passkey' },
      'complete',
      [],
      ['authenticator.verified passkey'],
    ],
    [
      'a wrong answer',
      { 'credentials.who': 'user-ann', 'credentials.id': 'other' },
      'identify',
      ['error credentials.invalid'],
      ['authenticator.refused passkey credentials.invalid'],
    ],
    [
      'of an unknown user',
      { 'credentials.who': 'user-bob', 'credentials.id': 'other' },
      'identify',
      ['error credentials.invalid'],
      ['authenticator.refused passkey credentials.invalid'],
    ],
    [
      'that names no user, whatever it proves',
      { 'credentials.id': 'passkey' },
      'identify',
      ['error credentials.invalid'],
      ['authenticator.refused passkey credentials.invalid'],
    ],
    ['to a challenge that is too old', { 'credentials.late': 'yes' }, 'identify', ['error challenge.expired'], []],
  ])('%s', async (_what, fields, where, notices, events) => {
    const world = await withPasskey();
    const result = await world.send(await world.beginSignIn(), by(fields));
    expect([currentStep(result), noticesOf(result), world.events()]).toEqual([where, notices, events]);
    if (result.kind === 'step') expect(result.step.notices[0]).toMatchObject({ authenticator: 'passkey' });
    expect((await world.transaction())?.subject).toEqual(
      where === 'complete' ? { id: 'user-ann', identifier: 'ann', decoy: false } : undefined,
    );
  });

  test('knows of the request what every authenticator knows, when it asks and when it is answered', async () => {
    const known: object[] = [];
    const pending = (_version: number, _input: object, env: object) => void known.push(env);
    const challenge = (_version: number, env: object) => {
      known.push(env);
      return { inputs: [], public: {}, private: {}, expires: start + 60 };
    };
    const world = await withPasskey(passkey({ pending, challenge }));
    await world.send(await world.beginSignIn(), by({}));
    const same = { issuer: 'https://id.test', now: start, transactionId: 'tx', userVerification: false };
    // The page, the answer, and the page that says that it was too late.
    expect(known).toMatchObject([same, same, same]);
  });

  test('is neither offered nor taken where the rules disable it', async () => {
    const world = createWorld({ authenticators: [password, passkey()], enrollment: { disabled: ['passkey'] } });
    await world.addUser('ann', [credential('password', 'secret'), credential('passkey', 'x')]);
    const page = await world.beginSignIn();
    expect(page.step).not.toHaveProperty('identifyByCredential');
    const result = await world.send(page, by({ 'credentials.who': 'user-ann', 'credentials.id': 'passkey' }));
    expect([currentStep(result), noticesOf(result)]).toEqual(['identify', ['error form.stale']]);
  });

  test.each(['user-ann', 'user-bob'])('is refused with the same words for %s', async (who) => {
    const world = await withPasskey(passkey({}, async () => ({ ok: false, code: 'credentials.used' })));
    const result = await world.send(await world.beginSignIn(), by({ 'credentials.who': who, 'credentials.id': 'x' }));
    expect(noticesOf(result)).toEqual(['error credentials.used']);
  });

  test.each(['password', 'none'])('%s cannot tell', async (id) => {
    const world = await withPasskey();
    const result = await world.send(await world.beginSignIn(), {
      'authenticator.id': id,
      'credentials.who': 'user-ann',
    });
    expect([currentStep(result), noticesOf(result)]).toEqual(['identify', ['error form.stale']]);
  });

  test('counts against the account that it names, and a success gives it back', async () => {
    const world = await withPasskey();
    const wrong = by({ 'credentials.who': 'user-ann', 'credentials.id': 'other' });
    for (let round = 0; round < 3; round += 1) await world.send(await world.beginSignIn(), wrong);
    const right = by({ 'credentials.who': 'user-ann', 'credentials.id': 'passkey' });
    const limited = await world.send(await world.beginSignIn(), right);
    expect(noticesOf(limited)).toEqual(['error attempts.exceeded']);
    await world.write({ op: 'reset', counter: attemptCounter('user-ann', 'passkey') });
    await world.send(await world.beginSignIn(), wrong);
    await world.send(await world.beginSignIn(), right);
    expect(await attemptsLeft(world, 'user-ann', 'passkey')).toBe(3);
  });

  test('refuses a user that the request does not expect', async () => {
    const world = await withPasskey();
    const page = await world.beginSignIn({}, { expectedSubject: 'user-bob' });
    const result = await world.send(page, by({ 'credentials.who': 'user-ann', 'credentials.id': 'passkey' }));
    expect(noticesOf(result)).toEqual(['error subject.mismatch identifier']);
  });

  test('identifies an account without an identifier by its id', async () => {
    const world = createWorld({ authenticators: [password, passkey()] });
    await world.addUser('ann', [credential('passkey', 'x')], { identifiers: [] });
    await world.send(await world.beginSignIn(), by({ 'credentials.who': 'user-ann', 'credentials.id': 'passkey' }));
    expect((await world.transaction())?.subject).toEqual({ id: 'user-ann', identifier: 'user-ann', decoy: false });
  });

  const limits = { idle: 60, absolute: 600 };

  test.each([
    ['where the page offers it', allow(factors(1), { session: { ...limits, keep: limits } }), true],
    ['and not where the form is forged', allow(factors(1), { session: limits }), false],
  ])('keeps the wish to stay signed in %s', async (_, session, kept) => {
    const world = await withPasskey(passkey(), { session });
    await world.send(
      await world.beginSignIn(),
      by({ 'credentials.who': 'user-ann', 'credentials.id': 'passkey', rememberMe: 'yes' }),
    );
    expect((await world.transaction())?.keepSignedIn).toBe(kept);
  });
});

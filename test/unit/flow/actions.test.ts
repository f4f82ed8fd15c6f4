/** What becomes of each answer: who it is, what it proved, what is enrolled, or why not. */

import { describe, expect, test } from '@jest/globals';
import type { Authenticator } from '../../../src/authenticators/authenticator.ts';
import type { Requirement, Rule } from '../../../src/core/model/policy.ts';
import { formHandle } from '../../../src/flow/transaction/form-handle.ts';
import { attemptCounter, credentialsKey, identifierKey, signInLogKey } from '../../../src/stores/keys.ts';
import { serializeCredentials } from '../../../src/users/user.ts';
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
} from './sign-in-fixture.ts';

const twoFactors = { app: allow(factors(2)) };
const proof = { factors: ['possession'], characteristics: ['userPresence'], amr: ['x'] } as const;

/** Rules of which the first is only for the group `strict`, which a user may leave during a sign-in. */
function strictly(strict: Rule['then'], others: Rule['then']): readonly Rule[] {
  return [
    { name: 'strict', when: { groups: { any: ['strict'] } }, then: strict },
    { name: 'others', when: {}, then: others },
  ];
}

async function worldOfAnn(options: WorldOptions = twoFactors): Promise<World> {
  const world = createWorld(options);
  await world.addUser('ann', [credential('password', 'secret'), credential('totp', '123')]);
  return world;
}

/** How many attempts are left; the question costs none. */
async function attemptsLeft(world: World, owner: string, name: string): Promise<number> {
  const counter = owner.startsWith('user-') ? attemptCounter(owner, name) : `${owner}:${name}`;
  const { remaining, granted } = await world.store.reserve(counter, [{ limit: 3, window: 60 }]);
  return granted ? remaining + 1 : 0;
}

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
  });

  test('what was typed is kept up to the length of an address', async () => {
    const world = await worldOfAnn();
    await world.send(await world.beginSignIn(), { identifier: `${'a'.repeat(300)}\u0000` });
    expect((await world.transaction())?.prefilledIdentifier).toBe('a'.repeat(254));
  });
});

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
    const demands = ['totp', 'key'].map((one) => ({ authenticators: [one] }));
    const both: Requirement = { anyOf: [{ factors: 2, demands }] };
    const app = strictly(allow(both), allow(factors(2), { remember: 600 }));
    const held = ['password', 'totp', 'key'].map((one) => credential(one, one));
    const world = createWorld({ app, authenticators: [password, totp, fakeAuthenticator({ key: 'key' })] });
    await world.addUser('ann', held, { groups: ['strict'] });
    let page = await world.identify('ann');
    for (const proof of ['totp', 'password']) {
      page = asStep(await world.send(page, { 'authenticator.id': proof }, { step: 'select' }));
      page = asStep(await world.send(page, { 'credentials.passcode': proof }));
    }
    expect(page).toMatchObject({ step: { kind: 'challenge', authenticator: 'key' }, done: ['totp', 'password'] });
    await world.addUser('ann', held);
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

  test('what is consumed stays, and proves nothing more', async () => {
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

  test('the evidence says what was proved, by whom, when and where', async () => {
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
        valid: start - 1000,
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

describe('an enrollment', () => {
  async function atEnroll(
    more: Partial<Authenticator> = {},
    options: WorldOptions = {},
    held = [credential('password', 'secret')],
  ) {
    const app = fakeAuthenticator({ key: 'totp', enrollable: true }, more);
    const world = createWorld({
      authenticators: [password, app],
      enrollment: { required: [{ anyOf: ['totp'] }] },
      ...options,
    });
    await world.addUser('ann', held, { profile: { email: 'ann@example.org', emailVerified: true } });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    return { world, page };
  }
  const right = { 'credentials.passcode': 'new' };

  test('is kept, is a proof, and is notified and audited', async () => {
    const { world, page } = await atEnroll();
    expect(page.step).toMatchObject({
      kind: 'enroll',
      authenticator: 'totp',
      offer: { text: 'new' },
      inputs: ['passcode'],
    });
    expect(currentStep(await world.send(page, right))).toBe('complete');
    const credentials = await world.credentials('ann');
    expect(credentials).toEqual([
      credential('password', 'secret'),
      { ...credential('totp', 'new'), id: expect.stringMatching(/^[\w-]{22}$/), createdAt: start },
    ]);
    expect((await world.transaction())?.evidence[1]).toMatchObject({
      enrollment: credentials[1]?.id,
      origin: 'enrollment',
    });
    expect(world.lines).toMatchObject([
      { event: 'authenticator.enrolled', authenticator: 'totp', otherSessionsEnded: true },
    ]);
    const [told] = await world.outbox();
    expect(told?.delivery).toMatchObject({
      to: 'ann@example.org',
      params: { event: 'added', authenticator: 'totp', ended: 'yes' },
    });
  });

  test('of something stronger ends all other sessions, not the one of this browser', async () => {
    const { world, page } = await atEnroll();
    for (const uid of ['mine', 'other']) await world.addSession(uid, { accountId: 'user-ann', valid: start - 1000 });
    const entry = (session: string) =>
      JSON.stringify({ at: start, client: 'notes', session, proved: [], ip: '', userAgent: '' });
    await world.write(
      ...['mine', 'other'].map(
        (uid) => ({ op: 'append', key: signInLogKey('user-ann'), value: entry(uid), keep: 9 }) as const,
      ),
    );
    await world.send(page, right, { session: 'mine' });
    expect(world.ended).toEqual(['other']);
    expect(world.kept).toEqual([['mine', start, true]]);
    expect((await world.user('ann')).validAfter).toBe(start);
    expect(await world.credentials('ann')).toHaveLength(2);
  });

  test('of one more of a kind ends nothing', async () => {
    const more = { enrollment: { promoted: [{ authenticator: 'totp', cooldown: 60 }] }, ...twoFactors };
    const stronger = credential('key', 'k');
    const world = createWorld({ ...more, authenticators: [password, totp, fakeAuthenticator({ key: 'key' })] });
    await world.addUser('ann', [credential('password', 'secret'), stronger]);
    const second = await world.identify('ann', { 'credentials.passcode': 'secret' });
    const page = asStep(await world.send(second, { 'credentials.passcode': 'k' }));
    expect(currentStep(page)).toBe('enroll:totp');
    world.events();
    await world.send(page, right);
    expect(world.lines[0]).not.toHaveProperty('otherSessionsEnded');
    expect((await world.user('ann')).validAfter).toBe(start - 1000);
    expect(world.ended).toEqual([]);
  });

  test('that is refused stays, costs an attempt of its own, and none of the enrolled ones', async () => {
    const { world, page } = await atEnroll();
    const result = await world.send(page, { 'credentials.passcode': 'wrong' });
    expect([currentStep(result), noticesOf(result)]).toEqual([
      'enroll:totp',
      ['error credentials.invalid credentials.passcode'],
    ]);
    expect(await attemptsLeft(world, 'user-ann', 'totp.enroll')).toBe(2);
    expect(await attemptsLeft(world, 'user-ann', 'totp')).toBe(3);
    await world.send(page, right);
    expect(await attemptsLeft(world, 'user-ann', 'totp.enroll')).toBe(3);
  });

  test('without an attempt left is not tried', async () => {
    const { world, page } = await atEnroll({ attemptLimits: [{ limit: 1, window: 60 }] });
    await world.send(page, { 'credentials.passcode': 'wrong' });
    expect(noticesOf(await world.send(page, right))).toEqual(['error attempts.exceeded credentials.passcode']);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('with messages has a limit over all addresses', async () => {
    const { world, page } = await atEnroll({
      sendLimits: [{ limit: 9, window: 60 }],
      attemptLimits: [{ limit: 99, window: 60 }],
    });
    const said = [];
    let last = page;
    for (let round = 0; round < 31; round += 1) {
      last = asStep(await world.send(page, { 'credentials.passcode': 'wrong' }));
      said.push(...noticesOf(last));
    }
    expect(last.step.notices[0]?.params).toEqual({ seconds: 86_400 });
    expect(said.slice(29)).toEqual([
      'error credentials.invalid credentials.passcode',
      'error attempts.exceeded credentials.passcode',
    ]);
  });

  test('without messages has only the limit of its kind', async () => {
    const { world, page } = await atEnroll({ attemptLimits: [{ limit: 99, window: 60 }] });
    for (let round = 0; round < 31; round += 1) await world.send(page, { 'credentials.passcode': 'wrong' });
    expect(currentStep(await world.send(page, right))).toBe('complete');
  });

  test('that comes too late starts anew', async () => {
    const { world, page } = await atEnroll();
    world.clock.now += 300;
    const result = await world.send(page, right);
    expect([currentStep(result), noticesOf(result)]).toEqual(['enroll:totp', ['error enroll.expired']]);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test.each(['password', 'none'])('is not confirmed by a form of %s', async (authenticator) => {
    const { world, page } = await atEnroll();
    const handle = formHandle(world.secrets.all[0] as string, {
      transaction: 'tx',
      step: 'enroll',
      authenticator,
      version: page.version,
    });
    expect(noticesOf(await world.send({ handle }, right))).toEqual(['error form.stale']);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('is not confirmed before the account-management requirement is met', async () => {
    const world = createWorld({ authenticators: [password, totp], enrollment: { required: [{ anyOf: ['totp'] }] } });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann');
    const handle = formHandle(world.secrets.all[0] as string, {
      transaction: 'tx',
      step: 'enroll',
      authenticator: 'totp',
      version: page.version,
    });
    expect(noticesOf(await world.send({ handle }, right))).toEqual(['error form.stale']);
  });

  test('is not confirmed once nothing asks for it any more', async () => {
    const held = [credential('password', 'secret')];
    const world = createWorld({ app: strictly(allow(factors(2)), allow(factors(1))) });
    await world.addUser('ann', held, { groups: ['strict'] });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('enroll:totp');
    await world.addUser('ann', held);
    expect(currentStep(await world.send(page, right))).toBe('complete');
    expect(await world.credentials('ann')).toEqual(held);
  });

  test('is not confirmed once another one is asked for', async () => {
    const only = (key: string) => allow({ anyOf: [{ factors: 1, demands: [{ authenticators: [key] }] }] });
    const key = fakeAuthenticator({ key: 'key', enrollable: true });
    const held = [credential('password', 'secret')];
    const app = strictly(only('totp'), only('key'));
    const world = createWorld({ authenticators: [password, totp, key], app });
    await world.addUser('ann', held, { groups: ['strict'] });
    let page = await world.identify('ann');
    if (currentStep(page) === 'challenge:password')
      page = asStep(await world.send(page, { 'credentials.passcode': 'secret' }));
    expect(currentStep(page)).toBe('enroll:totp');
    await world.addUser('ann', held);
    const other = await world.send(page, right);
    expect([currentStep(other), noticesOf(other)]).toEqual(['enroll:key', ['error form.stale']]);
    expect(await world.credentials('ann')).toEqual(held);
  });

  test('is not confirmed in the place of a challenge', async () => {
    const world = await worldOfAnn();
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('challenge:totp');
    const held = [credential('password', 'secret')];
    await world.addUser('ann', held);
    const binding = { transaction: 'tx', step: 'enroll', authenticator: 'totp', version: page.version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    expect(noticesOf(await world.send({ handle }, right))).toEqual(['error form.stale']);
    expect(await world.credentials('ann')).toEqual(held);
  });

  test('is not confirmed once the account can prove more than was proved', async () => {
    const key = fakeAuthenticator({ key: 'key' });
    const world = createWorld({ authenticators: [password, totp, key], enrollment: { optional: ['totp'] } });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    expect(currentStep(page)).toBe('enroll:totp');
    const more = [credential('password', 'secret'), credential('key', 'k')];
    await world.addUser('ann', more);
    expect(noticesOf(await world.send(page, right))).toEqual(['error form.stale']);
    expect(await world.credentials('ann')).toEqual(more);
  });

  test('that lacks a factor type is not kept', async () => {
    const able = fakeAuthenticator(
      { key: 'totp', enrollable: true, factors: ['possession', 'inherence'] },
      { enroll: totp.enroll },
    );
    const world = createWorld({ authenticators: [password, able], app: allow(factors(3)) });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await world.send(page, right))).toEqual(['error credentials.not_enough credentials.passcode']);
    expect(world.events()).toEqual(['authenticator.refused totp credentials.not_enough: characteristics']);
  });

  test.each<[string, Partial<Authenticator['descriptor']>, string, string]>([
    ['userVerification', { characteristics: ['userPresence'] }, 'credentials.unverified', 'userVerification'],
    ['deviceBound', { characteristics: ['userPresence'] }, 'credentials.not_device_bound', 'deviceBound'],
    ['hardwareProtected', { characteristics: ['userPresence'] }, 'credentials.not_hardware', 'hardwareProtected'],
    ['phishingResistant', { characteristics: ['userPresence'] }, 'credentials.not_enough', 'phishingResistant'],
  ])('that lacks %s is not kept', async (characteristic, less, code, reason) => {
    const best = ['userPresence', characteristic] as never;
    const lesser: Authenticator = {
      ...fakeAuthenticator({ key: 'totp', enrollable: true, characteristics: best }),
      enroll: async () => ({
        ok: true,
        credential: {
          authenticator: 'totp',
          factors: ['possession'],
          characteristics: less.characteristics ?? [],
          secret: {},
        },
        proof,
      }),
    };
    const requirement = { anyOf: [{ factors: 2, demands: [{ characteristics: [characteristic] }] }] } as never;
    const world = createWorld({ authenticators: [password, lesser], app: allow(requirement) });
    await world.addUser('ann', [credential('password', 'secret')]);
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await world.send(page, right))).toEqual([`error ${code} credentials.passcode`]);
    expect(world.events()).toEqual([`authenticator.refused totp ${code}: ${reason}`]);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('of a value that another user has reserved is refused', async () => {
    const enroll: Authenticator['enroll'] = async () => ({
      ok: true,
      credential: {
        authenticator: 'totp',
        factors: ['possession'],
        characteristics: [],
        secret: {},
        reservations: ['id-1'],
      },
      proof,
    });
    const { world, page } = await atEnroll({ enroll });
    expect(currentStep(await world.send(page, right))).toBe('complete');
    await world.addUser('bob', [credential('password', 'secret')]);
    const second = await world.identify('bob', { 'credentials.passcode': 'secret' });
    world.events();
    expect(noticesOf(await world.send(second, right))).toEqual(['error credentials.taken credentials.passcode']);
    expect(await world.credentials('bob')).toHaveLength(1);
  });

  test('waits when there were too many changes', async () => {
    const { world, page } = await atEnroll();
    for (let round = 0; round < 30; round += 1)
      await world.store.reserve(attemptCounter('user-ann', 'account.change'), [{ limit: 30, window: 3600 }]);
    const result = await world.send(page, right);
    expect(noticesOf(result)).toEqual(['error account.changes.exceeded']);
    expect(await world.credentials('ann')).toHaveLength(1);
  });

  test('of the only one of its kind takes the place of the old one, and of a further one does not', async () => {
    for (const [maxEnrollments, ids] of [
      [1, ['password', 'new']],
      [undefined, ['password', 'old', 'new']],
    ] as const) {
      const held = [credential('password', 'secret'), credential('totp', 'old', { id: 'old' })];
      const request = { required: [], promoted: [], optional: [] };
      const strict = fakeAuthenticator({
        key: 'totp',
        enrollable: true,
        characteristics: ['userPresence', 'deviceBound'],
        ...(maxEnrollments && { maxEnrollments }),
      });
      const requirement = { anyOf: [{ factors: 2, demands: [{ characteristics: ['deviceBound'] }] }] } as never;
      const world = createWorld({ authenticators: [password, strict], app: allow(requirement), enrollment: request });
      await world.addUser('ann', held, { profile: { email: 'ann@example.org', emailVerified: true } });
      let page = await world.identify('ann', { 'credentials.passcode': 'secret' });
      if (currentStep(page) === 'challenge:totp')
        page = asStep(await world.send(page, { 'credentials.passcode': 'old' }));
      expect(currentStep(page)).toBe('enroll:totp');
      await world.send(page, right);
      const after = (await world.credentials('ann')).map(({ id }) => (ids.includes(id as never) ? id : 'new'));
      expect(after).toEqual(ids);
      const told = (await world.outbox()).map(({ delivery }) => delivery?.params.event);
      expect(told).toEqual([maxEnrollments ? 'replaced' : 'added']);
      expect(world.lines.at(-1)?.otherSessionsEnded).toBe(maxEnrollments ? true : undefined);
    }
  });

  describe('in two stages', () => {
    const sends = (text: string, now: number) => ({
      inputs: ['one_time_code'] as const,
      public: { stage: 'code', resend: true, methods: ['sms', 'call'], method: 'sms' },
      private: { text },
      expires: now + 9000,
      deliver: [{ channel: 'email', to: 'new@example.org', template: 'code', params: {}, expires: now + 60 }] as const,
    });
    const staged: Partial<Authenticator> = {
      sendLimits: [{ limit: 2, window: 600 }],
      enroll: async (_subject, { pending, input }, { now, method }) => {
        if (pending.text === 'new') return { ok: true, nextStage: sends('1', now) };
        if (input.resend) return { ok: true, nextStage: { ...sends('2', now), public: { resend: true, method } } };
        if (input.passcode !== pending.text) return { ok: false, code: 'credentials.invalid' };
        const secret = { text: 'kept' };
        return {
          ok: true,
          credential: {
            authenticator: 'totp',
            factors: ['possession'],
            characteristics: ['userPresence'],
            secret,
            address: 'new@example.org',
          },
          proof,
        };
      },
    };

    test('asks for the code that was sent, and notifies the new address as well', async () => {
      const { world, page } = await atEnroll(staged);
      const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
      expect(code.step).toMatchObject({ kind: 'enroll', inputs: ['one_time_code'], offer: { stage: 'code' } });
      expect(code.redirects).toBe(true);
      const pending = (await world.transaction())?.pending;
      expect(Object.keys(pending ?? {}).sort()).toEqual([
        'authenticator',
        'expires',
        'inputs',
        'outbox',
        'private',
        'public',
        'purpose',
      ]);
      expect([pending?.expires, pending?.outbox?.length]).toEqual([start + 3600, 1]);
      expect(await world.outbox()).toHaveLength(1);
      expect(currentStep(await world.send(code, { 'credentials.passcode': '1' }))).toBe('complete');
      expect((await world.outbox()).map(({ delivery }) => [delivery?.template, delivery?.to])).toEqual([
        ['account-changed', 'ann@example.org'],
        ['account-changed', 'new@example.org'],
      ]);
      expect((await world.outbox())[0]?.delivery?.params.address).not.toBe('');
    });

    test('sends again in the way that is asked for, within the limits', async () => {
      const { world, page } = await atEnroll(staged);
      const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
      const again = asStep(await world.send(code, { 'authenticator.methodType': 'call' }, { step: 'resend' }));
      expect(noticesOf(again)).toEqual(['info sent.again']);
      expect(again.step).toMatchObject({ offer: { method: 'call' } });
      // Only the newest message waits.
      expect(await world.outbox()).toHaveLength(1);
      const limited = asStep(await world.send(again, {}, { step: 'resend' }));
      expect(noticesOf(limited)).toEqual(['error resend.exceeded']);
      expect(currentStep(await world.send(again, { 'credentials.passcode': '2' }))).toBe('complete');
    });

    test('sends nothing again once nothing asks for it any more', async () => {
      const app = strictly(allow(factors(2)), allow(factors(1)));
      const inStages = fakeAuthenticator({ key: 'totp', enrollable: true }, staged);
      const world = createWorld({ authenticators: [password, inStages], app });
      await world.addUser('ann', [credential('password', 'secret')], { groups: ['strict'] });
      const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
      const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
      await world.addUser('ann', [credential('password', 'secret')]);
      world.events();
      expect(currentStep(await world.send(code, {}, { step: 'resend' }))).toBe('complete');
      expect(world.events()).toEqual([]);
    });

    /** What the authenticator says to the wish for another message. */
    test.each<[string, Awaited<ReturnType<Authenticator['enroll']>>]>([
      ['refuses', { ok: false, code: 'credentials.invalid' }],
      [
        'has it enrolled',
        { ok: true, credential: { authenticator: 'totp', factors: [], characteristics: [], secret: {} }, proof },
      ],
    ])('sends nothing again where the authenticator %s', async (_what, answered) => {
      const { world, page } = await atEnroll({
        ...staged,
        enroll: async (...given) =>
          given[1].input.resend ? answered : (staged.enroll as typeof totp.enroll)(...given),
      });
      const code = asStep(await world.send(page, { 'credentials.passcode': 'new@example.org' }));
      const before = await world.transaction();
      expect(noticesOf(await world.send(code, {}, { step: 'resend' }))).toEqual(['error form.stale']);
      expect([await world.transaction(), await world.credentials('ann')]).toEqual([
        before,
        [credential('password', 'secret')],
      ]);
    });
  });
});

describe('sending again', () => {
  const mail = (more: object = {}, quotas?: readonly object[], sends = 2) =>
    fakeAuthenticator(
      { key: 'mail', decoys: { share: 1 } },
      {
        sendLimits: [{ limit: sends, window: 600 }],
        challenge: async (held, { now, method }) => ({
          inputs: ['one_time_code'],
          public: { resend: true, methods: ['sms', 'call'], method: method ?? 'sms', ...more },
          private: {},
          expires: now + 300,
          ...(quotas ? { quotas: quotas as never } : {}),
          ...(held
            ? { deliver: [{ channel: 'sms', to: '+491', template: 'code', params: {}, expires: now + 300 }] as const }
            : {}),
        }),
      },
    );

  async function atMail(authenticator = mail()) {
    const world = createWorld({ authenticators: [authenticator] });
    await world.addUser('ann', [credential('mail', '1'), credential('mail', '2', { id: 'mail2' })]);
    return { world, page: await world.identify('ann') };
  }
  const resend = (world: World, page: Parameters<World['send']>[0], method?: string) =>
    world.send(page, method === undefined ? {} : { 'authenticator.methodType': method }, { step: 'resend' });

  test.each<[string | undefined, readonly string[], string]>([
    [undefined, ['info sent.again'], 'sms'],
    ['call', ['info sent.again'], 'call'],
    ['letter', ['error form.stale'], 'sms'],
  ])('by %s', async (method, notices, by) => {
    const { world, page } = await atMail();
    const again = asStep(await resend(world, page, method));
    expect(noticesOf(again)).toEqual(notices);
    expect(again.step).toMatchObject({ kind: 'challenge', challenge: { method: by } });
    expect(await world.outbox()).toHaveLength(1);
  });

  test('without a method: by the one of the last message', async () => {
    const { world, page } = await atMail(mail({}, undefined, 3));
    const called = asStep(await resend(world, page, 'call'));
    const again = asStep(await resend(world, called));
    expect([noticesOf(again), again.step]).toMatchObject([['info sent.again'], { challenge: { method: 'call' } }]);
  });

  test('not for an enrollment that was removed, although another of its kind is left', async () => {
    const { world, page } = await atMail();
    const value = serializeCredentials([credential('mail', '2', { id: 'mail2' })]);
    await world.write({ op: 'put', key: credentialsKey('user-ann'), value });
    expect(noticesOf(await resend(world, page))).toEqual(['error form.stale']);
  });

  test('where there is another way, too', async () => {
    const world = createWorld({ authenticators: [mail(), totp] });
    await world.addUser('ann', [credential('mail', '1'), credential('totp', '123')]);
    const page = await world.identify('ann');
    expect([currentStep(page), noticesOf(await resend(world, page))]).toEqual(['challenge:mail', ['info sent.again']]);
  });

  test('not once nothing asks for it any more', async () => {
    const app = strictly(allow(factors(2)), allow(factors(1)));
    const held = [credential('password', 'secret'), credential('mail', '1')];
    const world = createWorld({ authenticators: [password, mail()], app });
    await world.addUser('ann', held, { groups: ['strict'] });
    const page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    await world.addUser('ann', held);
    world.events();
    expect(currentStep(await resend(world, page))).toBe('complete');
    expect(world.events()).toEqual([]);
  });

  test('a limited request to send again leaves the code valid that was sent before', async () => {
    const { world, page } = await atMail();
    const again = asStep(await resend(world, page));
    const waiting = (await world.outbox())[0];
    const limited = asStep(await resend(world, again));
    expect(noticesOf(limited)).toEqual(['error resend.exceeded']);
    expect(limited.step.notices[0]?.params).toEqual({ seconds: 600 });
    expect(await world.outbox()).toEqual([waiting]);
    expect(world.events()).toEqual(['message.queued mail', 'message.queued mail', 'message.limited mail account']);
  });

  test('where nothing was sent at first, it says so and not that something counts', async () => {
    const { world } = await atMail();
    await resend(world, await world.identify('ann'));
    const page = await world.identify('ann');
    expect(page.step).toMatchObject({ kind: 'challenge', challenge: { unsent: true } });
    expect(noticesOf(page)).toEqual(['error send.exceeded']);
    expect(noticesOf(await resend(world, page))).toEqual(['error send.exceeded']);
  });

  test('a challenge that sends no message refuses to send it again', async () => {
    const { world, page } = await atMail(mail({ resend: false }));
    expect(noticesOf(await resend(world, page))).toEqual(['error form.stale']);
  });

  test('to an unknown user costs the same and sends nothing', async () => {
    const { world } = await atMail();
    const page = await world.identify('bob');
    const before = world.store.commits
      .at(-1)
      ?.map(({ op }) => op)
      .sort();
    expect(world.lines.at(-1)).toMatchObject({ event: 'message.withheld', outcome: 'failure', reason: 'no_account' });
    await world.identify('ann');
    expect(
      world.store.commits
        .at(-1)
        ?.map(({ op }) => op)
        .sort(),
    ).toEqual(before);
    expect(noticesOf(await resend(world, page))).toEqual(['info form.stale']);
    expect((await world.outbox()).filter(({ delivery }) => delivery === undefined)).toHaveLength(1);
  });

  test.each<[readonly string[], string]>([
    [['network'], 'network'],
    [['recipient', 'network'], 'network'],
    [['country', 'prefix'], 'country'],
  ])('the quotas %j: the first that is reached is named', async (kinds, reason) => {
    const quotas = kinds.map((kind) => ({ kind, of: `${kind}-1`, limits: [{ limit: 0, window: 60 }] }));
    const { world } = await atMail(mail({}, quotas));
    expect(world.events()).toEqual([`message.limited mail ${reason}`]);
    expect(await world.outbox()).toEqual([]);
  });

  test('country and block of a number are written down, never the number', async () => {
    const limits = [{ limit: 9, window: 60 }];
    const quotas = [
      { kind: 'country', value: 'DE', limits },
      { kind: 'prefix', value: '+4917', limits },
    ];
    const { world } = await atMail(mail({}, quotas));
    expect(world.lines).toMatchObject([
      {
        event: 'message.queued',
        outcome: 'success',
        channel: 'sms',
        country: 'DE',
        prefix: '+4917',
        authenticator: 'mail',
      },
    ]);
  });
});

describe('a message that cannot be sent', () => {
  const phone = fakeAuthenticator(
    { key: 'phone' },
    {
      sendLimits: [{ limit: 9, window: 600 }],
      challenge: async (_held, { now }) => ({
        inputs: ['one_time_code'],
        public: {},
        private: {},
        expires: now + 300,
        undeliverable: 'country',
      }),
    },
  );

  test.each([
    ['nothing was proved', false, []],
    ['something was proved', true, ['error send.undeliverable']],
  ])('%s', async (_what, proved, notices) => {
    const world = createWorld({
      ...twoFactors,
      authenticators: proved ? [password, phone] : [phone],
      app: allow(factors(proved ? 2 : 1)),
    });
    await world.addUser('ann', [credential('password', 'secret'), credential('phone', '1')]);
    const page = await world.identify('ann', proved ? { 'credentials.passcode': 'secret' } : {});
    expect([currentStep(page), noticesOf(page), page.redirects]).toEqual([
      'challenge:phone',
      notices,
      notices.length === 0,
    ]);
    expect(world.events()).toContain('message.undeliverable phone country');
  });
});

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

  async function withPasskey(authenticator = passkey()) {
    const world = createWorld({ authenticators: [password, authenticator] });
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

  test('refuses a user whom the request does not expect', async () => {
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

  test('keeps the wish to stay signed in', async () => {
    const world = await withPasskey();
    await world.send(
      await world.beginSignIn(),
      by({ 'credentials.who': 'user-ann', 'credentials.id': 'passkey', rememberMe: 'yes' }),
    );
    expect((await world.transaction())?.keepSignedIn).toBe(true);
  });
});

describe('an answer by the link of a message', () => {
  const linking = (key: string) =>
    fakeAuthenticator(
      { key },
      {
        readMagicLink: (_pending, token) =>
          token === `${key}-token` ? { passcode: '1', requestedFrom: { ip: '', browser: '', system: '' } } : undefined,
      },
    );

  async function atMail() {
    const world = createWorld({ authenticators: [linking('mail'), totp] });
    await world.addUser('ann', [credential('mail', '1'), credential('totp', '123')]);
    return { world, page: await world.identify('ann') };
  }
  const answer = (token: string) => ({ 'credentials.passcode': '1', 'link.token': token });

  test.each([
    ['mail-token', 'complete'],
    ['other', 'challenge:mail'],
    ['', 'challenge:mail'],
  ])('the token %j', async (token, where) => {
    const { world, page } = await atMail();
    const result = await world.send(page, answer(token));
    expect(currentStep(result)).toBe(where);
    if (where !== 'complete') expect(noticesOf(result)).toEqual(['error form.stale']);
  });

  test('a wrong code with the right token leaves the form current', async () => {
    const { world, page } = await atMail();
    const wrong = asStep(await world.send(page, { ...answer('mail-token'), 'credentials.passcode': '2' }));
    expect([noticesOf(wrong), wrong.version]).toEqual([
      ['error credentials.invalid credentials.passcode'],
      page.version,
    ]);
  });

  test('comes back from the list of options', async () => {
    const { world, page } = await atMail();
    const { version } = asStep(await world.send(page, {}, { step: 'select' }));
    const binding = { transaction: 'tx', step: 'challenge', authenticator: 'mail', version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    expect(currentStep(await world.send({ handle }, answer('mail-token')))).toBe('complete');
  });

  test('comes back to a challenge that was left', async () => {
    const { world, page } = await atMail();
    const other = asStep(await world.send(page, { 'authenticator.id': 'totp' }, { step: 'select' }));
    expect(currentStep(other)).toBe('challenge:totp');
    const binding = { transaction: 'tx', step: 'challenge', authenticator: 'mail', version: other.version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    expect(currentStep(await world.send({ handle }, answer('mail-token')))).toBe('complete');
  });

  test('comes back to the mailbox that it was sent to, also when it is too late', async () => {
    const world = createWorld({ ...twoFactors, authenticators: [password, linking('mail'), totp] });
    await world.addUser('ann', [
      credential('password', 'secret'),
      credential('mail', '1'),
      credential('mail', '1', { id: 'mail2' }),
      credential('totp', '123'),
    ]);
    let page = await world.identify('ann', { 'credentials.passcode': 'secret' });
    for (const id of ['mail:mail2', 'totp'])
      page = asStep(await world.send(page, { 'authenticator.id': id }, { step: 'select' }));
    world.clock.now += 300;
    const binding = { transaction: 'tx', step: 'challenge', authenticator: 'mail', version: page.version };
    const handle = formHandle(world.secrets.all[0] as string, binding);
    const late = asStep(await world.send({ handle }, answer('mail-token')));
    expect(noticesOf(late)).toEqual(['error challenge.expired']);
    expect(late.step).toMatchObject({ kind: 'challenge', authenticator: 'mail', enrollment: 'mail2' });
  });
});

/** The form with which a new user registers: where it is offered, what it asks for, and what it sends. */

import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { attributeReservationKey, identifierKey, userKey } from '../../../../../src/stores/keys.ts';
import { counterOf } from '../../../../../src/stores/store.ts';
import { allow, asStep, createWorld, currentStep, factors, noticesOf, start } from '../../sign-in-fixture.ts';
import { otherForm } from '../actions-fixture.ts';
import {
  addOwner,
  address,
  atCode,
  atForm,
  attributes,
  filledIn,
  mailbox,
  newPassword,
  openForm,
  type RegistrationWorld,
  rightCode,
  sentMessages,
  use,
  worldOfNewcomers,
} from './registration-fixture.ts';

describe('where new users can register', () => {
  const { email = attributes.nickname, nickname } = attributes;
  if (!email || !nickname) throw new Error('no attributes');
  const noRegistration = { required: [], optional: [], terms: [] };

  test.each<[string, RegistrationWorld, object, boolean]>([
    ['an app that offers it', {}, {}, true],
    ['a server without mail', { world: { canMail: false } }, {}, false],
    [
      'an app whose policy does not offer it',
      { policies: { profile: compilePolicy({ name: 'p', rules: [{ name: 'a', when: {}, then: noRegistration }] }) } },
      {},
      false,
    ],
    ['without an authenticator that proves addresses', { world: { authenticators: [newPassword] } }, {}, false],
    ['with one that is not enabled', { policies: { authenticators: [newPassword.descriptor] } }, {}, false],
    ['where only one account will do', {}, { expectedSubject: 'user-ann' }, false],
  ])('%s', async (_what, given, more, isOffered) => {
    const world = worldOfNewcomers(given);
    const page = await world.beginSignIn({}, more);
    expect('canRegister' in page.step).toBe(isOffered);
    const form = await openForm(world, page);
    expect([currentStep(form), noticesOf(form)]).toEqual(
      isOffered ? ['profile', []] : ['identify', ['info form.stale']],
    );
    const sent = await world.send(otherForm(world, form, { step: 'register' }), filledIn);
    expect([currentStep(sent), noticesOf(sent)]).toEqual(
      isOffered ? ['challenge:mail', []] : ['identify', ['error form.stale']],
    );
  });

  test('not during a recovery', async () => {
    const recovery = compilePolicy({ name: 'recovery', rules: [{ name: 'all', when: {}, then: allow(factors(1)) }] });
    const world = worldOfNewcomers({ policies: { recovery } });
    const form = await openForm(world, await world.beginSignIn({}, { recovering: true } as object));
    expect([currentStep(form), noticesOf(form)]).toEqual(['identify', ['info form.stale']]);
  });

  test('not where a policy denies each user', async () => {
    const world = worldOfNewcomers({ world: { app: { kind: 'deny' } } });
    const form = await openForm(world, await world.beginSignIn());
    expect([currentStep(form), noticesOf(form)]).toEqual(['denied:rule', ['info form.stale']]);
    expect(await world.transaction()).not.toHaveProperty('registration');
  });

  test('not for a user who has said who it is', async () => {
    const world = worldOfNewcomers();
    const page = asStep(await world.send(await world.beginSignIn(), { identifier: 'bob' }));
    const sent = await world.send(otherForm(world, page, { step: 'register' }), filledIn);
    expect([currentStep(sent), noticesOf(sent), await world.outbox()]).toEqual([
      'challenge:password',
      ['error form.stale'],
      [],
    ]);
  });
});

describe('the form', () => {
  const field = (name: string, required: boolean, more: object = {}) => ({
    name,
    attribute: attributes[name],
    required,
    ...more,
  });
  const optional = ['city', 'badge', 'constructor'].map((name) => field(name, false));

  test('asks for the address first, and for each attribute once', async () => {
    const { form } = await atForm({ terms: { optional: ['email', 'city', 'badge', 'constructor'] } });
    expect(form.step).toEqual({
      kind: 'profile',
      fields: [field('email', true), field('nickname', true), ...optional],
      terms: [use],
      secret: {
        authenticator: 'password',
        inputs: ['new_secret'],
        offer: { minLength: 5, groups: ['staff', 'new'], known: [] },
      },
      registers: true,
      notices: [],
    });
    expect([form.redirects, form.canRestart]).toEqual([true, true]);
  });

  test.each<[string, RegistrationWorld]>([
    ['where the app asks for none', { terms: { password: false } }],
    ['where there is none', { world: { authenticators: [mailbox()] } }],
    ['that is not under the password policy', { world: { authenticators: [mailbox(), other()] } }],
  ])('asks for no password %s', async (_what, given) => {
    const { world, form } = await atForm(given);
    expect(form.step).not.toHaveProperty('secret');
    const { 'credentials.passcode': _, ...others } = filledIn;
    expect(currentStep(await world.send(form, others))).toBe('challenge:mail');
    expect((await world.transaction())?.registration?.form).not.toHaveProperty('secret');
  });

  function other() {
    const { underPasswordPolicy: _, ...descriptor } = newPassword.descriptor;
    return { ...newPassword, descriptor };
  }

  test.each([
    ['New@Example.org', 'New@example.org'],
    ['annie', undefined],
  ])('with %s as the hint of the app', async (prefilledIdentifier, value) => {
    const world = worldOfNewcomers();
    const form = await openForm(world, await world.beginSignIn({}, { prefilledIdentifier }));
    expect(form.step).toMatchObject({ fields: [{ name: 'email' }, {}, {}, {}, {}] });
    expect(form.step).toHaveProperty('fields.0', field('email', true, value === undefined ? {} : { value }));
  });

  test('asks for no address that the schema does not let users write', async () => {
    const email = { ...attributes.nickname, write: 'admin' } as const;
    const schema = { attributes: { ...attributes, email } as typeof attributes, closed: true };
    const { world, form } = await atForm({ settings: { attributes: schema } });
    expect(form.step).toMatchObject({ fields: [{ name: 'nickname' }, {}, {}, {}] });
    const { 'userProfile.email': _, ...others } = filledIn;
    const again = await world.send(form, others);
    expect(noticesOf(again)).toEqual(['error profile.check', 'error profile.invalid.email userProfile.email']);
  });

  /** What is entered, what is said, and what is written down. */
  test.each<[string, object, readonly string[], readonly string[]]>([
    ['no nickname', { 'userProfile.nickname': '' }, ['error profile.required userProfile.nickname'], []],
    ['terms not accepted', { 'terms.use': '' }, ['error terms.required terms.use'], []],
    ['no address', { 'userProfile.email': 'annie' }, ['error profile.invalid.email userProfile.email'], []],
    [
      'letters that fold into others',
      { 'userProfile.email': '\ufb01@example.org' },
      ['error profile.invalid.email userProfile.email'],
      [],
    ],
    [
      'letters of two scripts',
      { 'userProfile.email': '\u0430nn@example.org' },
      ['error profile.invalid.email userProfile.email'],
      [],
    ],
    [
      'an address to which no mail goes',
      { 'userProfile.email': 'a@bad.test' },
      ['error profile.invalid.email userProfile.email'],
      [],
    ],
    [
      'no password',
      { 'credentials.passcode': '' },
      ['error credentials.required credentials.passcode'],
      ['authenticator.refused password credentials.required'],
    ],
    [
      'a password that is too short for the groups of new users',
      { 'credentials.passcode': '1234' },
      ['error password.too_short credentials.passcode'],
      ['authenticator.refused password password.too_short'],
    ],
    [
      'the address as the password',
      { 'credentials.passcode': 'new@example.org' },
      ['error password.context credentials.passcode'],
      ['authenticator.refused password password.context'],
    ],
    [
      'the nickname as the password',
      { 'credentials.passcode': 'Annie' },
      ['error password.context credentials.passcode'],
      ['authenticator.refused password password.context'],
    ],
    [
      'the group as the password',
      { 'credentials.passcode': 'staff' },
      ['error password.context credentials.passcode'],
      ['authenticator.refused password password.context'],
    ],
  ])('with %s comes back', async (_what, fields, notices, events) => {
    const { world, form } = await atForm();
    const again = asStep(await world.send(form, { ...filledIn, ...fields }));
    expect([currentStep(again), noticesOf(again)]).toEqual(['profile', ['error profile.check', ...notices]]);
    expect([world.events(), await sentMessages(world), again.refused]).toEqual([events, [], true]);
  });

  test('an input that the form does not have comes back, too', async () => {
    const { world, form } = await atForm();
    const again = await world.send(form, { ...filledIn, 'userProfile.level': 'chief' });
    expect(noticesOf(again)).toEqual(['error profile.unknown']);
  });

  test('a value that another user has is refused before anything is sent', async () => {
    const { world, form } = await atForm();
    await world.addUser('bob', [], { profile: { badge: 'B1' } });
    const value = JSON.stringify({ user: 'user-bob', at: 1 });
    await world.write({ op: 'put', key: attributeReservationKey('badge', 'b1'), value, refs: [userKey('user-bob')] });
    const again = await world.send(form, { ...filledIn, 'userProfile.badge': 'B1' });
    expect([currentStep(again), noticesOf(again)]).toEqual([
      'profile',
      ['error profile.check', 'error profile.taken userProfile.badge'],
    ]);
    expect(await sentMessages(world)).toEqual([]);
  });

  test('what was typed stays when the user returns, and the code no longer counts', async () => {
    const { world, page } = await atCode({}, { 'userProfile.city': 'Bonn' });
    const form = await openForm(world, page);
    expect(form.step).toMatchObject({
      kind: 'profile',
      accepted: true,
      fields: [
        { name: 'email', value: address },
        { name: 'nickname', value: 'Annie' },
        { name: 'city', value: 'Bonn' },
        { name: 'badge' },
        { name: 'constructor' },
      ],
    });
    expect(form.step).not.toHaveProperty('fields.4.value');
    const proved = await world.send(otherForm(world, form, { step: 'register', authenticator: 'mail' }), rightCode);
    expect([currentStep(proved), noticesOf(proved)]).toEqual(['profile', ['error form.stale']]);
  });
});

describe('the sent form', () => {
  test('has no password if its authenticator asks for more than one answer', async () => {
    const nextStage = { inputs: [], public: {}, private: {}, expires: start + 9 };
    const inStages = { ...newPassword, enroll: async () => ({ ok: true, nextStage }) as const };
    const { world } = await atCode({ world: { authenticators: [inStages, mailbox()] } });
    expect((await world.transaction())?.registration?.form).not.toHaveProperty('secret');
  });

  test('needs an address, even where the schema takes any text', async () => {
    const schema = { attributes: { ...attributes, email: attributes.nickname } as typeof attributes, closed: true };
    const { world, form } = await atForm({ settings: { attributes: schema } });
    const again = await world.send(form, { ...filledIn, 'userProfile.email': 'annie' });
    expect(noticesOf(again)).toEqual(['error profile.check', 'error profile.invalid.email userProfile.email']);
  });

  test('keeps a list, which the form does not show again', async () => {
    const roles = { ...attributes.nickname, type: 'list' } as const;
    const schema = { attributes: { ...attributes, roles } as typeof attributes, closed: true };
    const given = { settings: { attributes: schema }, terms: { optional: ['roles'] } };
    const { world, page } = await atCode(given, { 'userProfile.roles': 'chief;cook' });
    expect((await world.transaction())?.registration?.form?.profile.roles).toEqual(['chief', 'cook']);
    const form = await openForm(world, page);
    expect(form.step).toHaveProperty('fields.2', { name: 'roles', attribute: roles, required: false });
  });

  test('tells the owner even if the authenticator sends nothing itself', async () => {
    const stage = { inputs: [], public: {}, private: { code: '1' }, expires: start + 300 };
    const { world, form } = await atForm({ mail: { register: () => ({ ok: true, nextStage: stage }) } });
    await addOwner(world, { profile: { email: 'other@example.org', emailVerified: true } });
    await world.send(form, filledIn);
    expect(await sentMessages(world)).toEqual([['registered', 'other@example.org']]);
  });

  test('is kept with the code, and nothing else is written', async () => {
    const { world, page } = await atCode({}, { 'userProfile.city': 'Bonn' });
    expect(page.step).toMatchObject({
      kind: 'challenge',
      authenticator: 'mail',
      registers: true,
      inputs: ['one_time_code'],
    });
    expect([page.redirects, page.identifier, world.events()]).toEqual([true, undefined, ['message.queued mail']]);
    const { registration, subject } = (await world.transaction()) ?? {};
    expect(subject).toBeUndefined();
    expect(registration).toEqual({
      form: {
        identifier: 'new@example.org',
        address,
        profile: { nickname: 'Annie', city: 'Bonn' },
        terms: [use],
        offered: ['city', 'badge', 'constructor'],
        secret: {
          credential: expect.objectContaining({ authenticator: 'password', secret: { text: 'long enough' } }),
          proof: { factors: ['knowledge'], characteristics: [], amr: ['pwd'] },
          at: start,
        },
      },
      pending: {
        purpose: 'enroll',
        authenticator: 'mail',
        inputs: ['one_time_code'],
        public: { resend: true, address },
        private: { code: '123456', to: address },
        expires: start + 300,
        outbox: [expect.any(String)],
      },
    });
    expect(await sentMessages(world)).toEqual([['code', address]]);
    expect(
      (await world.store.load([identifierKey('new@example.org')])).entries.get(identifierKey('new@example.org')),
    ).toBeUndefined();
  });

  test('its code counts no longer than the sign-in', async () => {
    const world = worldOfNewcomers();
    const form = await openForm(world, await world.beginSignIn({}, { lifetime: 100 }));
    await world.send(form, filledIn);
    expect((await world.transaction())?.registration?.pending?.expires).toBe(start + 100);
  });

  test('counts against the limit of the address', async () => {
    const { world, page } = await atCode();
    const counter = counterOf(identifierKey('new@example.org'), 'mail.send');
    expect(await world.store.reserve(counter, [{ limit: 2, window: 600 }])).toMatchObject({ remaining: 0 });
    const form = await openForm(world, page);
    world.events();
    const again = asStep(await world.send(form, filledIn));
    expect([currentStep(again), noticesOf(again)]).toEqual(['profile', ['error send.exceeded']]);
    expect(world.events()).toEqual(['message.limited mail account']);
  });

  /** The addresses of the account, and to which of them the message goes. */
  test.each<[string, object, readonly string[], string | undefined]>([
    ['the address as its owner spells it', { email: 'NEW@example.org', emailVerified: true }, [], 'NEW@example.org'],
    ['another one', { email: 'other@example.org', emailVerified: true }, [], 'other@example.org'],
    ['both', { email: 'other@example.org', emailVerified: true }, ['NEW@example.org'], 'NEW@example.org'],
    ['none', {}, [], undefined],
  ])('goes to the owner if an account has the address, and knows %s', async (_what, profile, added, to) => {
    const { world, form } = await atForm();
    const notificationAddresses = added.map((more) => ({ address: more, addedAt: 1 }));
    await addOwner(world, { profile: { ...profile }, notificationAddresses });
    const page = asStep(await world.send(form, filledIn));
    expect([currentStep(page), page.redirects]).toEqual(['challenge:mail', true]);
    expect(await sentMessages(world)).toEqual(to === undefined ? [] : [['registered', to]]);
    const [message] = await world.outbox();
    if (to !== undefined)
      expect(message?.delivery).toMatchObject({
        channel: 'email',
        params: { app: 'Notes', ip: '192.0.2.1', browser: 'Firefox', system: '' },
        expires: start + 86_400,
      });
    const pending = (await world.transaction())?.registration?.pending;
    expect(pending).toMatchObject({
      public: { resend: true, address },
      private: { code: '', to: address },
      expires: start + 300,
    });
    expect(pending).not.toHaveProperty('deliver');
    const wrong = asStep(await world.send(page, rightCode));
    expect([currentStep(wrong), noticesOf(wrong)]).toEqual([
      'challenge:mail',
      ['error credentials.invalid credentials.passcode'],
    ]);
  });

  test('of a network that sends many needs a task solved, which counts once', async () => {
    const { world, form } = await atForm({
      settings: { proofOfWork: { free: 0, wrongPasswords: 20, difficulty: 4 } },
    });
    const asked = asStep(await world.send(form, filledIn));
    expect([currentStep(asked), noticesOf(asked)]).toEqual(['profile', ['error requests.exceeded']]);
    const { challenge = '' } = (await world.transaction())?.work ?? {};
    const isRight = (guess: number) => (createHash('sha256').update(`${challenge}.${guess}`).digest()[0] ?? 255) < 16;
    const answer = Array.from({ length: 10_000 }, (_, index) => index).find(isRight);
    const solved = { ...filledIn, 'work.answer': String(answer) };
    const refused = asStep(await world.send(asked, { ...solved, 'credentials.passcode': '' }));
    expect(noticesOf(refused)).toEqual(['error profile.check', 'error credentials.required credentials.passcode']);
    expect((await world.transaction())?.work).toEqual({ challenge, bits: 4 });
    expect(currentStep(await world.send(refused, solved))).toBe('challenge:mail');
    expect(await world.transaction()).not.toHaveProperty('work');
  });
});

test('without a profile policy no page says anything about registration', async () => {
  const world = createWorld();
  expect((await world.beginSignIn()).step).not.toHaveProperty('canRegister');
});

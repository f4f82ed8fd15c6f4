/** A new user proves the address, and the account is created. */

import { describe, expect, test } from '@jest/globals';
import {
  attributeReservationKey,
  credentialReservationKey,
  groupNamesKey,
  identifierKey,
  userKey,
  usersKey,
} from '../../../../../src/stores/keys.ts';
import { allow, asStep, currentStep, factors, noticesOf, start, type World } from '../../sign-in-fixture.ts';
import { otherForm } from '../actions-fixture.ts';
import {
  addOwner,
  address,
  atCode,
  atForm,
  filledIn,
  mailbox,
  registered,
  rightCode,
  sentMessages,
  use,
} from './registration-fixture.ts';

const line = { client: 'notes', ip: '192.0.2.1', transaction: 'tx', policyRevision: 7 };

async function membersOf(world: World, key: string): Promise<readonly string[]> {
  const members: string[] = [];
  for await (const page of world.store.members(key)) members.push(...page);
  return members;
}

async function storedAt(world: World, key: string): Promise<unknown> {
  const value = (await world.store.load([key])).entries.get(key)?.value;
  return value === undefined ? undefined : JSON.parse(value);
}

describe('the right code', () => {
  test('creates the account, and proves mailbox and password', async () => {
    const { world, page } = await atCode({}, { 'userProfile.city': 'Bonn', 'userProfile.badge': 'B1' });
    world.events();
    world.clock.now += 20;
    expect(currentStep(await world.send(page, rightCode))).toBe('complete');
    const account = await registered(world);
    const id = account?.user.id ?? '';
    expect(account?.user).toEqual({
      id: expect.stringMatching(/^[\w-]{22}$/),
      status: 'active',
      identifiers: ['new@example.org'],
      profile: { nickname: 'Annie', city: 'Bonn', badge: 'B1', email: 'new@example.org', emailVerified: true },
      groups: ['staff', 'new'],
      createdAt: start + 20,
      updatedAt: start + 20,
      validAfter: start + 20,
      acceptedTerms: { use: { version: '2', at: start + 20 } },
      offeredAttributes: ['city', 'badge', 'constructor'],
    });
    expect(account?.credentials).toMatchObject([
      { authenticator: 'mail', createdAt: start + 20, secret: { of: address }, reservations: ['box'] },
      { authenticator: 'password', createdAt: start, secret: { text: 'long enough' } },
    ]);
    expect(await membersOf(world, usersKey)).toEqual([id]);
    expect(await membersOf(world, groupNamesKey)).toEqual(['staff', 'new']);
    const reservation = { user: id, at: start + 20 };
    expect(await storedAt(world, identifierKey('new@example.org'))).toEqual(reservation);
    expect(await storedAt(world, attributeReservationKey('badge', 'b1'))).toEqual(reservation);
    expect(await storedAt(world, credentialReservationKey('mail', 'box'))).toEqual(reservation);
    expect(world.lines.slice(0, 2)).toMatchObject([
      { event: 'user.registered', outcome: 'success', ...line, subject: id },
      { event: 'authenticator.enrolled', outcome: 'success', ...line, subject: id, authenticator: 'mail' },
    ]);
    const { subject, registration, evidence } = (await world.transaction()) ?? {};
    expect([subject, registration]).toEqual([{ id, identifier: address, decoy: false }, undefined]);
    const common = { subject: id, transaction: 'tx', origin: 'registration', validAfter: start + 20 };
    const [mail, password] = account?.credentials ?? [];
    expect(evidence).toEqual([
      {
        ...common,
        authenticator: 'mail',
        enrollment: mail?.id,
        factors: ['possession'],
        characteristics: ['userPresence'],
        amr: ['x'],
        at: start + 20,
      },
      {
        ...common,
        authenticator: 'password',
        enrollment: password?.id,
        factors: ['knowledge'],
        characteristics: [],
        amr: ['pwd'],
        at: start,
      },
    ]);
  });

  test('without a password creates an account with the mailbox alone', async () => {
    const { world, page } = await atCode({ terms: { password: false, optional: [] } });
    expect(currentStep(await world.send(page, rightCode))).toBe('complete');
    const account = await registered(world);
    expect(account?.credentials).toMatchObject([{ authenticator: 'mail' }]);
    expect(account?.user).not.toHaveProperty('offeredAttributes');
    expect((await world.transaction())?.evidence).toHaveLength(1);
  });

  test('creates an account that says what was offered', async () => {
    const { world, page } = await atCode({ terms: { optional: ['city'] } });
    await world.send(page, rightCode);
    expect((await registered(world))?.user.offeredAttributes).toEqual(['city']);
  });

  test('leads to what else the app asks for', async () => {
    const { world, page } = await atCode({
      terms: { password: false },
      world: { authenticators: [mailbox()], app: allow(factors(2)) },
    });
    const next = asStep(await world.send(page, rightCode));
    expect([currentStep(next), next.done, next.identifier]).toEqual(['denied:unsatisfiable', ['mail'], address]);
  });
});

describe('another answer', () => {
  test('is refused, and costs one of the attempts of this registration', async () => {
    const { world, page } = await atCode();
    world.events();
    let shown = page;
    for (const _attempt of [1, 2, 3]) {
      shown = asStep(await world.send(shown, { 'credentials.passcode': '000000' }));
      expect([currentStep(shown), noticesOf(shown)]).toEqual([
        'challenge:mail',
        ['error credentials.invalid credentials.passcode'],
      ]);
    }
    expect(world.events()).toEqual(Array(3).fill('authenticator.refused mail credentials.invalid'));
    shown = asStep(await world.send(shown, rightCode));
    expect(noticesOf(shown)).toEqual(['error attempts.exceeded credentials.passcode']);
    expect([world.events(), await registered(world)]).toEqual([['authenticator.throttled mail'], undefined]);
  });

  test.each([
    [299, 'complete', []],
    [300, 'challenge:mail', ['error challenge.expired']],
  ])('after %s seconds', async (later, where, notices) => {
    const { world, page } = await atCode();
    world.clock.now += later;
    const next = await world.send(page, rightCode);
    expect([currentStep(next), noticesOf(next)]).toEqual([where, notices]);
  });

  test('that the authenticator takes for a stage of something else is out of date', async () => {
    const nextStage = { inputs: [], public: {}, private: {}, expires: start + 9 };
    const { world, page } = await atCode({
      terms: { password: false },
      mail: { enroll: async () => ({ ok: true, nextStage }) },
    });
    const next = await world.send(page, rightCode);
    expect([currentStep(next), noticesOf(next)]).toEqual(['challenge:mail', ['error form.stale']]);
  });

  test('is out of date where no user registers', async () => {
    const { world } = await atForm();
    const page = await world.beginSignIn();
    const next = await world.send(otherForm(world, page, { step: 'register', authenticator: 'mail' }), rightCode);
    expect([currentStep(next), noticesOf(next)]).toEqual(['identify', ['error form.stale']]);
  });

  test('is out of date where no code was sent', async () => {
    const { world, form } = await atForm();
    const next = await world.send(otherForm(world, form, { step: 'register', authenticator: 'mail' }), rightCode);
    expect([currentStep(next), noticesOf(next)]).toEqual(['profile', ['error form.stale']]);
  });

  test.each(['answer', 'resend'] as const)('is out of date once the authenticator is gone: %s', async (step) => {
    const { world, page } = await atCode();
    (world.services.authenticators as Map<string, unknown>).delete('mail');
    world.events();
    const next = await world.send(page, rightCode, { step });
    expect([currentStep(next), noticesOf(next), world.events()]).toEqual(['identify', ['error form.stale'], []]);
  });
});

describe('if meanwhile another account', () => {
  test('got the address, the user only signs in', async () => {
    const { world, page } = await atCode();
    await addOwner(world);
    const next = asStep(await world.send(page, rightCode));
    expect([currentStep(next), noticesOf(next)]).toEqual(['identify', ['info register.exists']]);
    expect(next.step).toMatchObject({ identifier: address });
    expect(await world.transaction()).not.toHaveProperty('registration');
    expect([world.events().includes('user.registered'), await membersOf(world, usersKey)]).toEqual([false, []]);
  });

  test('gave the address up, but may have it back, the form says so', async () => {
    const { world, page } = await atCode();
    const value = JSON.stringify({ user: 'user-other', at: 1, until: start + 500 });
    await world.write({ op: 'put', key: identifierKey('new@example.org'), value });
    const next = asStep(await world.send(page, rightCode));
    expect([currentStep(next), noticesOf(next)]).toEqual([
      'profile',
      ['error profile.check', 'error register.address_reserved userProfile.email'],
    ]);
    const { form, pending } = (await world.transaction())?.registration ?? {};
    expect(form).toEqual({
      identifier: 'new@example.org',
      address,
      profile: { nickname: 'Annie' },
      terms: [use],
      offered: ['city', 'badge', 'constructor'],
    });
    expect([pending, await membersOf(world, usersKey)]).toEqual([undefined, []]);
  });

  test('got a value that must be unique, the form says so and the address stays free', async () => {
    const { world, page } = await atCode({}, { 'userProfile.badge': 'B1' });
    await world.addUser('bob', [], { profile: { badge: 'B1' } });
    const value = JSON.stringify({ user: 'user-bob', at: 1 });
    await world.write({ op: 'put', key: attributeReservationKey('badge', 'b1'), value, refs: [userKey('user-bob')] });
    const next = asStep(await world.send(page, rightCode));
    expect([currentStep(next), noticesOf(next)]).toEqual([
      'profile',
      ['error profile.check', 'error profile.taken userProfile.badge'],
    ]);
    expect((await world.transaction())?.registration?.form).not.toHaveProperty('secret');
    expect(await storedAt(world, identifierKey('new@example.org'))).toBeUndefined();
  });

  test('enrolled what only one account may have, the user only signs in', async () => {
    const { world, page } = await atCode();
    const value = JSON.stringify({ user: 'user-bob', at: start });
    await world.write({ op: 'put', key: credentialReservationKey('mail', 'box'), value });
    const next = asStep(await world.send(page, rightCode));
    expect([currentStep(next), noticesOf(next)]).toEqual(['identify', ['info register.exists']]);
    expect(await membersOf(world, usersKey)).toEqual([]);
  });

  test('gets the address in the same moment, one of the two succeeds', async () => {
    const { world, page } = await atCode();
    world.store.beforeNextCommit(() => addOwner(world));
    await expect(world.send(page, rightCode)).rejects.toThrow('lost a race: create');
  });
});

describe('sending the code again', () => {
  const again = { step: 'resend' } as const;

  test('keeps the form, and counts against the limit', async () => {
    const { world, page } = await atCode();
    world.events();
    world.clock.now += 10;
    const sent = asStep(await world.send(page, {}, again));
    expect([currentStep(sent), noticesOf(sent)]).toEqual(['challenge:mail', ['info sent.again']]);
    expect((await world.transaction())?.registration?.pending?.expires).toBe(start + 310);
    expect(world.events()).toEqual(['message.queued mail']);
    const refused = asStep(await world.send(sent, {}, again));
    expect([currentStep(refused), noticesOf(refused)]).toEqual(['challenge:mail', ['error resend.exceeded']]);
    expect(world.events()).toEqual(['message.limited mail account']);
    expect(currentStep(await world.send(refused, rightCode))).toBe('complete');
  });

  test('goes to the owner of the address, too', async () => {
    const { world, form } = await atForm();
    await addOwner(world, { profile: { email: 'new@example.org', emailVerified: true } });
    const page = asStep(await world.send(form, filledIn));
    const sent = asStep(await world.send(page, {}, again));
    expect(noticesOf(sent)).toEqual(['info sent.again']);
    expect([...new Set((await sentMessages(world)).map(String))]).toEqual(['registered,new@example.org']);
    expect(noticesOf(await world.send(sent, rightCode))).toEqual(['error credentials.invalid credentials.passcode']);
  });

  test('is out of date where no form was sent', async () => {
    const { world, form } = await atForm();
    const next = await world.send(form, {}, again);
    expect([currentStep(next), noticesOf(next), await sentMessages(world)]).toEqual([
      'profile',
      ['error form.stale'],
      [],
    ]);
  });
});

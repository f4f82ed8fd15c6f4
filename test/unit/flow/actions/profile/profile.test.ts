/** The page that asks for attributes and terms: what is stored, counted and written down. */

import { describe, expect, test } from '@jest/globals';
import type { Attribute } from '../../../../../src/core/model/attribute.ts';
import type { ProfileTerms } from '../../../../../src/core/model/profile-policy.ts';
import { compilePolicy } from '../../../../../src/core/policy/rules/compile.ts';
import { changedProfile } from '../../../../../src/flow/actions/profile/profile.ts';
import { attemptCounter, attributeReservationKey, userKey } from '../../../../../src/stores/keys.ts';
import type { User } from '../../../../../src/users/record/user.ts';
import {
  allow,
  createWorld,
  credential,
  currentStep,
  factors,
  noticesOf,
  start,
  type World,
} from '../../sign-in-fixture.ts';
import { byPassword, otherForm, strictly } from '../actions-fixture.ts';

const text: Attribute = { type: 'text', read: 'user', write: 'user' };
const attributes: Readonly<Record<string, Attribute>> = {
  nickname: text,
  city: text,
  badge: { ...text, unique: true },
  phone: { ...text, type: 'phone', verifiedBy: 'phoneVerified' },
};
const credentials = [credential('password', 'secret'), credential('totp', '123')];
const line = { client: 'notes', ip: '192.0.2.1', transaction: 'tx', policyRevision: 7, subject: 'user-ann' };
const use = { id: 'use', version: '2' };

async function atProfile(asked: Partial<ProfileTerms>, changes: Partial<User> = {}, consents = false) {
  const then = { required: [], optional: [], terms: [], ...asked };
  const profile = compilePolicy({ name: 'profile', rules: [{ name: 'all', when: {}, then }] });
  const world = createWorld({
    app: strictly(allow(factors(2)), allow(factors(1))),
    settings: { attributes: { attributes, closed: true }, identify: { defaultCountry: 'DE' } },
    policies: { profile, ...(consents && { consent: { required: [], scopeOfClaim: {} } }) },
  });
  await world.addUser('ann', credentials, changes);
  const page = await byPassword(world);
  world.events();
  return { world, page };
}

/** How many forms of the hour are left; the question costs none. */
async function formsLeft(world: World): Promise<number> {
  const { remaining, granted } = await world.store.reserve(attemptCounter('user-ann', 'profile'), [
    { limit: 60, window: 3600 },
  ]);
  return granted ? remaining + 1 : 0;
}

describe('the profile page', () => {
  test('what is filled in is stored with the account', async () => {
    const acceptedTerms = { use: { version: '1', at: 5 }, other: { version: '1', at: 6 } };
    const { world, page } = await atProfile(
      { required: ['nickname'], optional: ['city'], terms: [use] },
      { profile: { givenName: 'Ann' }, acceptedTerms, offeredAttributes: ['badge'] },
    );
    expect(page.step).toMatchObject({
      kind: 'profile',
      fields: [{ name: 'nickname' }, { name: 'city' }],
      terms: [use],
    });
    const next = await world.send(page, { 'userProfile.nickname': 'Annie', 'terms.use': 'yes' });
    expect(currentStep(next)).toBe('complete');
    expect(await world.user('ann')).toMatchObject({
      profile: { givenName: 'Ann', nickname: 'Annie' },
      acceptedTerms: { use: { version: '2', at: start }, other: { version: '1', at: 6 } },
      offeredAttributes: ['badge', 'city'],
      updatedAt: start,
      createdAt: start - 1000,
    });
    expect((await world.user('ann')).profile).not.toHaveProperty('city');
    expect(await world.credentials('ann')).toEqual(credentials);
    expect(world.lines[0]).toMatchObject({
      event: 'profile.completed',
      outcome: 'success',
      ...line,
      attributes: ['nickname', 'use'],
    });
    expect(await formsLeft(world)).toBe(59);
  });

  test('no record says that nothing was offered and nothing accepted', async () => {
    const { world, page } = await atProfile({ required: ['nickname'] });
    await world.send(page, { 'userProfile.nickname': 'Annie' });
    const user = await world.user('ann');
    expect(user.profile).toEqual({ nickname: 'Annie' });
    expect([user.acceptedTerms, user.offeredAttributes]).toEqual([undefined, undefined]);
  });

  test('the next step comes after a redirect', async () => {
    const { world, page } = await atProfile({ required: ['nickname'] }, {}, true);
    const next = await world.send(page, { 'userProfile.nickname': 'Annie' });
    expect([currentStep(next), next]).toMatchObject(['consent', { redirects: true, done: ['password'] }]);
  });

  test('a typed number is read in the country of the settings, and is not verified', async () => {
    const { world, page } = await atProfile({ required: ['phone'] }, { profile: { phoneVerified: true } });
    await world.send(page, { 'userProfile.phone': '030 123456' });
    expect((await world.user('ann')).profile).toEqual({ phone: '+4930123456', phoneVerified: false });
  });

  test('what is wrong is neither stored nor counted', async () => {
    const { world, page } = await atProfile({ required: ['nickname'], terms: [use] });
    const again = await world.send(page, { 'userProfile.city': 'Bonn', 'userProfile.nickname': '<' });
    expect([currentStep(again), noticesOf(again)]).toEqual([
      'profile',
      [
        'error profile.unknown',
        'error profile.check',
        'error profile.markup userProfile.nickname',
        'error terms.required terms.use',
      ],
    ]);
    expect([(await world.user('ann')).profile, await formsLeft(world), world.events()]).toEqual([{}, 60, []]);
  });

  test('an input that the page does not have is refused, even if all else is right', async () => {
    const { world, page } = await atProfile({ required: ['nickname'] });
    const again = await world.send(page, { 'userProfile.city': 'Bonn', 'userProfile.nickname': 'Annie' });
    expect([currentStep(again), noticesOf(again)]).toEqual(['profile', ['error profile.unknown']]);
    expect((await world.user('ann')).profile).toEqual({});
  });

  test.each([
    [59, 'complete', []],
    [60, 'profile', [{ code: 'profile.exceeded', level: 'error', params: { seconds: 3600 } }]],
  ])('after %s forms within an hour', async (forms, where, notices) => {
    const { world, page } = await atProfile({ required: ['nickname'] });
    for (let form = 0; form < forms; form += 1)
      await world.store.reserve(attemptCounter('user-ann', 'profile'), [{ limit: 60, window: 3600 }]);
    const next = await world.send(page, { 'userProfile.nickname': 'Annie' });
    expect(currentStep(next)).toBe(where);
    expect(next.kind === 'step' ? next.step.notices : []).toEqual(notices);
  });

  test('a wait of less than a second is called one second', async () => {
    const { world, page } = await atProfile({ required: ['nickname'] });
    world.store.reserve = async () => ({ granted: false, remaining: 0, retryAfter: 0 });
    const next = await world.send(page, { 'userProfile.nickname': 'Annie' });
    expect(next).toMatchObject({ step: { notices: [{ code: 'profile.exceeded', params: { seconds: 1 } }] } });
  });

  test('a value that another account has is refused, and costs a form', async () => {
    const { world, page } = await atProfile({ required: ['badge', 'nickname'] });
    await world.addUser('bob', [], { profile: { badge: 'B1' } });
    const key = attributeReservationKey('badge', 'b1');
    const value = JSON.stringify({ user: 'user-bob', at: 1 });
    await world.write({ op: 'put', key, value, refs: [userKey('user-bob')] });
    const again = await world.send(page, { 'userProfile.badge': 'B1', 'userProfile.nickname': 'Annie' });
    expect([currentStep(again), noticesOf(again)]).toEqual([
      'profile',
      ['error profile.check', 'error profile.taken userProfile.badge'],
    ]);
    expect([(await world.user('ann')).profile, await formsLeft(world), world.events()]).toEqual([{}, 59, []]);
  });

  test('a free one is reserved, and the former one is free again', async () => {
    const { world, page } = await atProfile({ required: ['badge', 'nickname'] }, { profile: { badge: 'A1' } });
    const [former, present] = ['a1', 'b1'].map((value) => attributeReservationKey('badge', value));
    await world.write({ op: 'put', key: former as string, value: JSON.stringify({ user: 'user-ann', at: 1 }) });
    await world.send(page, { 'userProfile.badge': 'B1', 'userProfile.nickname': 'Annie' });
    const { entries } = await world.store.load([former as string, present as string]);
    expect(entries.get(former as string)).toBeUndefined();
    expect(JSON.parse(entries.get(present as string)?.value ?? '')).toEqual({ user: 'user-ann', at: start });
  });

  test('the answer does not count before the proofs that the sign-in asks for', async () => {
    const { world, page } = await atProfile({ required: ['nickname'] });
    await world.addUser('ann', credentials, { groups: ['strict'] });
    const next = await world.send(page, { 'userProfile.nickname': 'Annie' });
    expect([currentStep(next), noticesOf(next), (await world.user('ann')).profile]).toEqual(['challenge:totp', [], {}]);
  });

  test('nor without a user', async () => {
    const { world } = await atProfile({ required: ['nickname'] });
    const page = await world.beginSignIn();
    const next = await world.send(otherForm(world, page, { step: 'profile' }), { 'userProfile.nickname': 'Annie' });
    expect([currentStep(next), noticesOf(next), world.events()]).toEqual(['identify', [], []]);
  });

  test('of two tabs one succeeds', async () => {
    const { world, page } = await atProfile({ required: ['nickname'] });
    world.store.beforeNextCommit(() => world.addUser('ann', credentials));
    await expect(world.send(page, { 'userProfile.nickname': 'Annie' })).rejects.toThrow('lost a race: replace');
    expect((await world.user('ann')).profile).toEqual({});
  });
});

describe('skipping the profile page', () => {
  test('is counted as an offer, and changes nothing else', async () => {
    const { world, page } = await atProfile(
      { optional: ['city', 'nickname'] },
      { profile: { givenName: 'Ann' }, offeredAttributes: ['badge'] },
    );
    expect(page.step).toMatchObject({ kind: 'profile', canSkip: true });
    expect(currentStep(await world.send(page, {}, { step: 'skip' }))).toBe('complete');
    expect(await world.user('ann')).toMatchObject({
      profile: { givenName: 'Ann' },
      offeredAttributes: ['badge', 'city', 'nickname'],
      updatedAt: start - 1000,
    });
    expect(world.lines[0]).toMatchObject({
      event: 'profile.skipped',
      outcome: 'success',
      ...line,
      attributes: ['city', 'nickname'],
    });
  });

  test('the next step comes after a redirect', async () => {
    const { world, page } = await atProfile({ optional: ['city'] }, {}, true);
    const next = await world.send(page, {}, { step: 'skip' });
    expect([currentStep(next), next]).toMatchObject(['consent', { redirects: true, done: ['password'] }]);
  });

  test('is not possible where something is required', async () => {
    const { world, page } = await atProfile({ required: ['nickname'], optional: ['city'] });
    const again = await world.send(page, {}, { step: 'skip' });
    expect([currentStep(again), noticesOf(again), world.events()]).toEqual(['profile', ['info form.stale'], []]);
    expect((await world.user('ann')).offeredAttributes).toBeUndefined();
  });
});

describe('a changed profile', () => {
  const profile = { nickname: 'Ann', city: 'Bonn', phone: '+491', phoneVerified: true };

  test.each<[string, object, readonly string[], object]>([
    ['nothing', {}, [], profile],
    ['other values', { city: 'Kiel', badge: 'B1' }, [], { ...profile, city: 'Kiel', badge: 'B1' }],
    ['less', {}, ['city'], { nickname: 'Ann', phone: '+491', phoneVerified: true }],
    ['the same number', { phone: '+491' }, [], profile],
    ['another number', { phone: '+492' }, [], { ...profile, phone: '+492', phoneVerified: false }],
    ['what the schema no longer has', { fax: '1' }, [], { ...profile, fax: '1' }],
  ])('%s', (_what, values, emptied, expected) => {
    expect(changedProfile(profile, { values: { ...values }, emptied, notices: [] }, attributes)).toEqual(expected);
  });
});

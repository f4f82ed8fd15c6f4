/** The page on which the user decides what a third-party app gets. */

import { describe, expect, test } from '@jest/globals';
import type { PolicySet } from '../../../../../src/core/policy/rules/compile.ts';
import { consentDetails } from '../../../../../src/flow/actions/choices/consent.ts';
import type { App } from '../../../../../src/policy/model/app.ts';
import type { User } from '../../../../../src/users/record/user.ts';
import { allow, createWorld, credential, currentStep, factors, noticesOf, start } from '../../sign-in-fixture.ts';
import { byPassword, otherForm, strictly } from '../actions-fixture.ts';

const scopes = ['openid', 'email', 'phone', 'notes'];
const line = { client: 'notes', ip: '192.0.2.1', transaction: 'tx', policyRevision: 7, subject: 'user-ann' };
const credentials = [credential('password', 'secret'), credential('totp', '123')];

async function atConsent(changes: Partial<User> = {}, request: object = {}) {
  const terms = { required: ['notes'], scopeOfClaim: {} };
  const policies: { -readonly [Name in keyof PolicySet]?: PolicySet[Name] } = { consent: terms };
  const world = createWorld({ policies, app: strictly(allow(factors(2)), allow(factors(1))) });
  await world.addUser('ann', credentials, changes);
  const page = await byPassword(world, { scopes, ...request });
  world.events();
  const change = (required: readonly string[]) => {
    policies.consent = { ...terms, required };
  };
  return { world, page, change };
}

describe('the consent page', () => {
  /** What is ticked, what is granted and rejected by it, and whether the sign-in goes on. */
  test.each<[string, Readonly<Record<string, string>>, readonly string[], readonly string[]]>([
    ['nothing', {}, ['openid', 'notes'], ['email', 'phone']],
    ['one scope', { 'scopes.email': 'yes' }, ['openid', 'email', 'notes'], ['phone']],
    [
      'a required one as well',
      { 'scopes.phone': 'yes', 'scopes.notes': 'yes' },
      ['openid', 'phone', 'notes'],
      ['email'],
    ],
    ['another value', { 'scopes.email': 'on' }, ['openid', 'notes'], ['email', 'phone']],
    ['one that was not asked', { 'scopes.address': 'yes' }, ['openid', 'notes'], ['email', 'phone']],
  ])('with %s ticked', async (_what, fields, granted, rejected) => {
    const { world, page } = await atConsent();
    expect(page.step).toMatchObject({ kind: 'consent', scopes: [{ scope: 'openid', required: true }, {}, {}, {}] });
    expect(currentStep(await world.send(page, fields))).toBe('complete');
    expect((await world.user('ann')).apps).toEqual({
      notes: { validAfter: start, consent: { granted, rejected, at: start } },
    });
    expect(world.lines[0]).toMatchObject({
      event: 'consent.given',
      outcome: 'success',
      ...line,
      scopes: granted,
      rejectedScopes: rejected,
    });
  });

  test('earlier answers about other scopes stay, and are not written down again', async () => {
    const consent = { granted: ['address', 'email'], rejected: ['profile'], at: start - 500 };
    const apps = { notes: { validAfter: start - 500, consent }, other: { validAfter: 1 } };
    const { world, page } = await atConsent({ apps });
    expect(currentStep(await world.send(page, { 'scopes.email': 'yes' }))).toBe('complete');
    expect((await world.user('ann')).apps).toEqual({
      notes: {
        validAfter: start - 500,
        consent: { granted: ['address', 'openid', 'email', 'notes'], rejected: ['profile', 'phone'], at: start },
      },
      other: { validAfter: 1 },
    });
    expect(world.lines[0]).toMatchObject({ scopes: ['openid', 'email', 'notes'], rejectedScopes: ['phone'] });
  });

  test('where the app asks anew, one answer is enough', async () => {
    const consent = { granted: scopes, rejected: [], at: start - 500 };
    const apps = { notes: { validAfter: start - 500, consent } };
    const { world, page } = await atConsent({ apps }, { promptConsent: true });
    expect(currentStep(page)).toBe('consent');
    expect(currentStep(await world.send(page, {}))).toBe('complete');
  });

  test.each([
    ['one became optional', []],
    ['another became required', ['email']],
  ])('the answer does not count if meanwhile %s', async (_what, required) => {
    const { world, page, change } = await atConsent();
    change(required);
    const again = await world.send(page, { 'scopes.email': 'yes' });
    expect([currentStep(again), noticesOf(again), world.events()]).toEqual(['consent', ['error consent.changed'], []]);
    expect((await world.user('ann')).apps).toBeUndefined();
  });

  test('nor if the sign-in asks for a proof first', async () => {
    const { world, page } = await atConsent();
    await world.addUser('ann', credentials, { groups: ['strict'] });
    const next = await world.send(page, { 'scopes.email': 'yes' });
    expect([currentStep(next), noticesOf(next)]).toEqual(['challenge:totp', []]);
    expect((await world.user('ann')).apps).toBeUndefined();
  });

  test.each([
    ['while the user is unknown', {}, 'identify'],
    ['of an identifier that no account has', { identifier: 'bob' }, 'challenge:password'],
  ])('nor %s', async (_what, fields, where) => {
    const { world } = await atConsent();
    const first = await world.beginSignIn({ scopes });
    const page = 'identifier' in fields ? await world.send(first, fields) : first;
    if (page.kind !== 'step') throw new Error('no page');
    const next = await world.send(otherForm(world, page, { step: 'consent' }), { 'scopes.email': 'yes' });
    expect([currentStep(next), noticesOf(next), world.events()]).toEqual([where, [], []]);
  });

  test('if two tabs answer, one succeeds', async () => {
    const { world, page } = await atConsent();
    world.store.beforeNextCommit(() => world.addUser('ann', credentials));
    await expect(world.send(page, {})).rejects.toThrow('lost a race: replace');
    expect((await world.user('ann')).apps).toBeUndefined();
  });
});

test.each<[string, object, object]>([
  ['nothing', {}, {}],
  [
    'both links',
    { policy_uri: 'https://app.test/privacy', tos_uri: 'https://app.test/terms' },
    { privacyPolicy: 'https://app.test/privacy', termsOfService: 'https://app.test/terms' },
  ],
])('the page has the texts of the scopes and, of an app with %s, its links', async (_what, client, links) => {
  const texts = { notes: { label: { en: 'Your notes' } } };
  const { snapshot } = createWorld({ settings: { scopeTexts: texts } });
  const app = { ...((await snapshot.app('notes')) as App), client: client as App['client'] };
  expect(consentDetails({ snapshot, app })).toEqual({ texts, ...links });
});

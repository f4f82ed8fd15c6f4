/** Which secret the identifier page asks for. */

import { describe, expect, test } from '@jest/globals';
import type { EnrollmentRule } from '../../../src/core/model/enrollment-policy.ts';
import type { Policy, Requirement, Rule, SessionTerms } from '../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../src/core/policy/rules/compile.ts';
import { identifierPageSecret, offersToKeep } from '../../../src/core/queries/identifier-page-secret.ts';
import {
  allow,
  always,
  enrollmentTerms,
  factors,
  factsOf,
  type PolicyParts,
  policiesOf,
  proof,
  userWith,
} from '../support/fixtures.ts';

const password = factors(1, { demands: [{ authenticators: ['password'] }] });
const key = factors(1, { demands: [{ characteristics: ['phishingResistant'] }] });
const chain: Requirement = { chains: [[{ authenticators: ['email'] }, { authenticators: ['password'] }]] };
const forGroup = (requirement: Requirement, otherwise: Requirement): Policy => ({
  name: 'tested',
  rules: [
    { name: 'group', when: { groups: { any: ['g'] } }, then: allow(requirement) },
    { name: 'office', when: { network: { any: ['office'] } }, then: allow(key) },
    { name: 'banned', when: { users: { any: ['x'] } }, then: { kind: 'deny' } },
    { name: 'others', when: {}, then: allow(otherwise) },
    { name: 'never', when: {}, then: allow(key) },
  ],
});

test.each<[string, PolicyParts, 'password' | undefined]>([
  ['any factor', {}, 'password'],
  ['two factors', { app: factors(2) }, 'password'],
  ['a password', { app: password }, 'password'],
  ['no password enabled', { enabled: ['email', 'totp'] }, undefined],
  ['a key', { app: key }, undefined],
  ['a key, but the session policy requires a password', { session: always(allow(password)), app: key }, 'password'],
  ['the password is the last of a chain', { app: chain }, undefined],
  ['one rule requires a key', { app: forGroup(key, password) }, undefined],
  ['the last rule requires a key', { app: forGroup(password, key) }, undefined],
  [
    'both rules accept a password; rules that miss or come later do not matter',
    { app: forGroup(password, factors(2)) },
    'password',
  ],
  ['the app has a minimum that a password helps to reach', { minimumAcr: '2fa' }, 'password'],
  ['the app has a minimum to which a password adds nothing', { minimumAcr: 'phr' }, undefined],
  ['every user is denied', { app: always({ kind: 'deny' }) }, undefined],
  ['no user can meet the requirement', { app: { anyOf: [] } }, undefined],
])('%s: %s', (_, policies, expected) => {
  expect(identifierPageSecret(policiesOf(policies), factsOf())).toBe(expected);
});

test.each<[string, readonly string[], boolean, 'password' | undefined]>([
  ['an essential acr to which a password adds nothing', ['phr'], true, undefined],
  ['an essential acr that a password helps to reach', ['2fa'], true, 'password'],
  ['essential values of which a password helps to reach one', ['phr', 'pwd'], true, 'password'],
  ['a voluntary acr, which may give way', ['phr'], false, 'password'],
])('%s', (_, acrValues, acrEssential, expected) => {
  expect(identifierPageSecret(policiesOf(), factsOf({ request: { acrValues, acrEssential } }))).toBe(expected);
});

test('depends neither on the user nor on evidence', () => {
  const facts = factsOf({ subject: userWith(['webauthn'], { groups: ['g'] }), evidence: [proof('password', 'now')] });
  expect(identifierPageSecret(policiesOf({ app: forGroup(key, password) }), facts)).toBeUndefined();
  expect(identifierPageSecret(policiesOf({ app: forGroup(password, password) }), facts)).toBe('password');
});

test('each answer is about the facts of its own question', () => {
  const policies = policiesOf({ app: forGroup(password, password) });
  const at = (...zones: readonly string[]) => factsOf({ network: { ip: '192.0.2.1', zones } });
  const places = [at(), at('office'), at(), at('elsewhere'), at('office')];
  expect(places.map((facts) => identifierPageSecret(policies, facts))).toEqual([
    'password',
    undefined,
    'password',
    'password',
    undefined,
  ]);
});

test('without a sign-on policy no secret is asked for', () => {
  const { app: _, ...policies } = policiesOf();
  expect(identifierPageSecret(policies, factsOf())).toBeUndefined();
});

test('takes the first of several authenticators that may be asked for there, and no other', () => {
  const policies = policiesOf({ enabled: ['totp', 'password', 'email'] });
  const authenticators = policies.authenticators.map((authenticator) =>
    authenticator.key === 'password' ? authenticator : { ...authenticator, askedWithIdentifier: true as const },
  );
  expect(identifierPageSecret({ ...policies, authenticators }, factsOf())).toBe(authenticators[0]?.key);
  const without = policies.authenticators.map(({ askedWithIdentifier: _, ...authenticator }) => authenticator);
  expect(identifierPageSecret({ ...policies, authenticators: without }, factsOf())).toBeUndefined();
});

test('takes none where the page asks for the identifier alone', () => {
  expect(identifierPageSecret({ ...policiesOf(), identifierFirst: true }, factsOf())).toBeUndefined();
});

const by = (...authenticators: readonly string[]) => ({ authenticators });
const code = by('totp');

test.each<[string, Extract<Requirement, { readonly chains: unknown }>['chains'], 'password' | undefined]>([
  ['two passkeys', [[by('webauthn'), by('webauthn')]], undefined],
  ['two apps for codes', [[code, code]], undefined],
  ['two of several kinds, of which the user may have more of one', [[code, by('totp', 'email'), code]], undefined],
  ['a password and two apps', [[by('password'), code, code]], 'password'],
  [
    'two apps, or a password and a passkey',
    [
      [code, code],
      [by('password'), by('webauthn')],
    ],
    'password',
  ],
])('where a chain asks for %s', (_, chains, expected) => {
  expect(identifierPageSecret(policiesOf({ app: { chains } }), factsOf())).toBe(expected);
  expect(identifierPageSecret(policiesOf({ session: always(allow({ chains })) }), factsOf())).toBe(expected);
});

test('a user who can have one password needs no two', () => {
  const policies = policiesOf({ app: { chains: [[by('password'), by('password')]] } });
  const authenticators = policies.authenticators.map((each) => ({ ...each, maxEnrollments: 1 as const }));
  expect(identifierPageSecret(policies, factsOf())).toBe('password');
  expect(identifierPageSecret({ ...policies, authenticators }, factsOf())).toBeUndefined();
});

test('what may not be used is not asked for', () => {
  const then = enrollmentTerms({ disabled: ['password'] });
  const enrollment = compilePolicy<EnrollmentRule>({ name: 'e', rules: [{ name: 'all', when: {}, then }] });
  const twoCodes: Requirement = { chains: [[code, code]] };
  for (const app of [factors(1), twoCodes])
    expect(identifierPageSecret({ ...policiesOf({ app }), enrollment }, factsOf())).toBeUndefined();
});

describe('the page offers to keep the user signed in', () => {
  const hour = { idle: 3600, absolute: 3600 };
  const keeping: SessionTerms = { ...hour, keep: { idle: 86_400, absolute: 86_400 } };
  const when = { groups: { any: ['g'] } };
  const allowed = (session?: SessionTerms): Rule['then'] => allow(factors(1), session);

  test.each<[string, Rule['then'], Rule['then'], boolean]>([
    ['where every rule lets them', allowed(keeping), allowed(keeping), true],
    ['where one rule that may decide lets them', allowed(keeping), allowed(hour), true],
    ['not where no rule lets them', allowed(hour), allowed(hour), false],
    ['not where no rule says anything of sessions', allowed(), allowed(), false],
    ['not where every user is denied', { kind: 'deny' }, { kind: 'deny' }, false],
    ['where the rule for others lets them', { kind: 'deny' }, allowed(keeping), true],
  ])('%s', (_, then, otherwise, expected) => {
    const rules = [
      { name: 'group', when, then },
      { name: 'others', when: {}, then: otherwise },
    ];
    expect(offersToKeep(policiesOf({ session: { name: 's', rules } }), factsOf())).toBe(expected);
  });

  test('as to any user, although a user is known', () => {
    const rules = [
      { name: 'group', when, then: allowed(keeping) },
      { name: 'others', when: {}, then: allowed(hour) },
    ];
    const facts = factsOf({ subject: userWith(['password']) });
    expect(offersToKeep(policiesOf({ session: { name: 's', rules } }), facts)).toBe(true);
  });
});

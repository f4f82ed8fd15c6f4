/** Examples of what a change lets users do, confirmed on both sides. */
import { expect, test } from '@jest/globals';
import { newlyAdmittedWith, newlyCompletedWith } from '../../../../src/core/analysis/comparison/confirmed-change.ts';
import type { EvidenceSet } from '../../../../src/core/analysis/proofs/evidence-set.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { EnrollmentRule, EnrollmentTerms } from '../../../../src/core/model/enrollment-policy.ts';
import type { Requirement, Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import type { UserFacts } from '../../../../src/core/policy/theories/theory.ts';
import {
  action,
  allow,
  always,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  userWith,
} from '../../support/fixtures.ts';

const deny: Rule['then'] = { kind: 'deny' };
const [one, two] = [factors(1), factors(2)];
const by = (...authenticators: readonly string[]) => factors(1, { demands: [{ authenticators }] });
const subject = userWith([]);
const facts: UserFacts = { ...factsOf({ subject }), subject, signedInWith: [] };
const enabled: readonly Key[] = ['password', 'email', 'totp', 'webauthn'];
const asking = (app: Requirement) => policiesOf({ app, enabled });
const [password, totp, webauthn]: readonly EvidenceSet[] = [
  [action('password')],
  [action('totp')],
  [action('webauthn')],
];

test.each<[string, readonly (EvidenceSet | undefined)[], Requirement, Requirement, string | undefined]>([
  ['is enough now', [password], two, one, 'password'],
  ['is enough now, of several', [password, totp, webauthn], by('password'), by('totp', 'password'), 'totp'],
  ['is not enough now, although the user could go on', [password], two, by('totp'), undefined],
  ['was enough', [password], one, one, undefined],
  ['is not enough any more', [password], one, two, undefined],
  ['is one of ten', [...Array.from({ length: 9 }, () => password), totp], by('webauthn'), by('totp'), 'totp'],
  [
    'comes after ten others',
    [...Array.from({ length: 10 }, () => password), totp],
    by('webauthn'),
    by('totp'),
    undefined,
  ],
])('proofs are new where one set of them %s', (_, sets, active, next, expected) => {
  const some = sets.flatMap((set) => (set ? [set] : []));
  const found = newlyAdmittedWith({ sets: some }, facts, { active: asking(active), next: asking(next) });
  expect(found?.evidence.map(({ authenticator }) => authenticator).join()).toBe(expected);
});

test('a session may hold proofs that no sign-in gives any longer', () => {
  const shown = { characteristics: ['phishingResistant'] } as const;
  const resistant = factors(1, { demands: [{ ...shown }] });
  const sides = {
    active: policiesOf({ app: two, enabled: ['password', 'totp'] }),
    next: policiesOf({ app: resistant, enabled: ['password', 'totp'] }),
  };
  const found = (age: 'now' | number) =>
    newlyAdmittedWith({ sets: [[action('totp', { ...shown, age })]] }, facts, sides);
  expect(found('now')).toBeUndefined();
  expect(found(100)?.evidence).toMatchObject([{ authenticator: 'totp', ...shown }]);
});

const denying = policiesOf({ app: always(deny), enabled });

test('denied users now get in, with the first proof asked for, or with every proof', () => {
  const end = (next: Requirement) => newlyCompletedWith('denied', facts, { active: denying, next: asking(next) });
  expect(end(one)).toEqual(['password']);
  expect(end(by('email'))).toEqual(enabled);
});

test('sign-ins that ended so on both sides', () => {
  expect(newlyCompletedWith('complete', facts, { active: asking(one), next: asking(two) })).toEqual(['password']);
  expect(newlyCompletedWith('denied', facts, { active: asking(one), next: asking(one) })).toBeUndefined();
  expect(newlyCompletedWith('denied', facts, { active: denying, next: denying })).toBeUndefined();
  expect(
    newlyCompletedWith('complete', facts, { active: denying, next: policiesOf({ app: always(allow(one)), enabled }) }),
  ).toBeUndefined();
});

test('users were not denied who got in by another of their authenticators than the one that is asked for first', () => {
  const terms = (name: string, when: Conditions, some: Partial<EnrollmentTerms>) => ({
    ...{ name, when },
    then: enrollmentTerms(some),
  });
  const afterMail = terms('mail', { authenticated: { any: ['email'] } }, { required: [{ anyOf: ['webauthn'] }] });
  const noKeys = { disabled: ['webauthn'] };
  const next = asking(by('email', 'totp'));
  const active = (...rules: readonly EnrollmentRule[]) => ({
    ...next,
    enrollment: compilePolicy({ name: 'enrollment', rules: [...rules, terms('all', {}, noKeys)] }),
  });
  expect(newlyCompletedWith('denied', facts, { active: active(afterMail), next })).toBeUndefined();
  const afterCodes = { ...afterMail, name: 'codes', when: { authenticated: { any: ['totp'] } } };
  expect(newlyCompletedWith('denied', facts, { active: active(afterMail, afterCodes), next })).toEqual(enabled);
});

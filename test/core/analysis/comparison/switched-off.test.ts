/** What an authenticator that is switched off frees, compared with the evaluator on both sides. */
import { expect, test } from '@jest/globals';
import { freedEnrollments, switchedOff } from '../../../../src/core/analysis/comparison/switched-off.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import { evaluate } from '../../../../src/core/decision/evaluate.ts';
import type { Conditions } from '../../../../src/core/model/conditions.ts';
import type { RequiredEnrollment } from '../../../../src/core/model/enrollment-policy.ts';
import { compilePolicy, type PolicySet } from '../../../../src/core/policy/rules/compile.ts';
import {
  allow,
  enrollmentTerms,
  factors,
  factsOf,
  type Key,
  policiesOf,
  proof,
  userWith,
} from '../../support/fixtures.ts';
import { universe } from '../../support/universe.ts';

const keys: readonly Key[] = ['password', 'totp', 'webauthn', 'email'];

interface Parts {
  readonly enabled?: readonly Key[];
  readonly required?: readonly RequiredEnrollment[];
  readonly asked?: 1 | 2;
  readonly when?: Conditions;
  /** Users about whom another rule decides. */
  readonly others?: Conditions;
}

function setOf({
  enabled = keys,
  required = [{ anyOf: ['webauthn'] }],
  asked = 1,
  when = {},
  others = when,
}: Parts): PolicySet {
  const then = enrollmentTerms({ required });
  const rules = [when, others].map((each) => ({ name: 'app', when: each, then: allow(factors(asked)) }));
  return {
    ...policiesOf({ enabled, app: { name: 'app', rules } }),
    enrollment: compilePolicy({ name: 'enrollment', rules: [{ name: 'rest', when: {}, then }] }),
  };
}

function search(active: Parts, next: Parts) {
  const whens = [active, next].flatMap(({ when = {}, others = {} }) => [when, others]);
  return freedEnrollments({ active: setOf(active), next: setOf(next) }, ruleSpace(whens, universe()));
}

const without = (...off: readonly Key[]) => keys.filter((key) => !off.includes(key));

/** 0: let in, 1: may set up something first, 2: neither. */
function rankOf(parts: Parts, has: readonly Key[], proved: Key): 0 | 1 | 2 {
  const decision = evaluate(setOf(parts), factsOf({ subject: userWith(has), evidence: [proof(proved, 'now')] }));
  if (decision.kind === 'enroll') return decision.proofFirst ? 2 : 1;
  return decision.kind === 'allow' ? 0 : 2;
}

const askings = ([1, 2] as const).flatMap((asked) =>
  [[], [{ anyOf: ['webauthn'] }], [{ anyOf: ['totp'] }]].map((required) => ({ asked, required })),
);

test.each(askings)('a policy of $asked factors and $required frees what a user without it may enroll', (asking) => {
  for (const off of keys) {
    const next = { ...asking, enabled: without(off) };
    const frees = without(off).filter((key) => rankOf(next, [key], key) === 1 && rankOf(asking, [key, off], key) === 2);
    const found = search(asking, next);
    const shown = found.map((enrollment) => [enrollment.off, enrollment.proved]);
    expect(shown).toEqual(frees.slice(0, 1).map((key) => [off, key]));
  }
});

test('the example names what the user enrolls, and the rules that decide on both sides', () => {
  const [found, ...others] = search({}, { enabled: without('totp') });
  expect(others).toEqual([]);
  expect(found).toMatchObject({ off: 'totp', proved: 'password', enrolls: ['webauthn'] });
  expect(found?.before.app).toMatchObject({ name: 'app' });
  expect(found?.now.enrollment).toMatchObject({ name: 'rest' });
});

test('each authenticator that is switched off is reported once', () => {
  const off = search({}, { enabled: without('totp', 'email') });
  expect(off.map((enrollment) => enrollment.off).sort()).toEqual(['email', 'totp']);
});

test('the example is of users that the rules let in', () => {
  const inA: Conditions = { groups: { any: ['a'] } };
  const [found] = search({ when: inA }, { when: inA, enabled: without('totp') });
  expect(found?.facts.subject.groups).toEqual(['a']);
});

test.each<[string, Parts, Parts]>([
  ['nothing is switched off', {}, {}],
  ['something is switched on', { enabled: without('totp') }, {}],
  ['nothing is to be set up', { required: [] }, { required: [], enabled: without('totp') }],
  ['another of the same factor stays', { enabled: ['totp', 'phone', 'webauthn'] }, { enabled: ['totp', 'webauthn'] }],
  [
    'only a new one proves anything now',
    { enabled: ['totp'], required: [{ anyOf: ['phone'] }] },
    { enabled: ['webauthn', 'phone'], required: [{ anyOf: ['phone'] }] },
  ],
  ['no user is let in', {}, { enabled: without('totp'), when: { attributes: { nick: { equals: 'a*' } } } }],
])('quiet where %s', (_, active, next) => {
  expect(search(active, next)).toEqual([]);
});

test('the example is the first of several', () => {
  const rules: Parts = { when: { groups: { any: ['a'] } }, others: { groups: { any: ['b'] } } };
  const found = search(rules, { ...rules, enabled: without('totp') });
  expect(found.map(({ facts }) => facts.subject.groups)).toEqual([['a']]);
});

test('only what counts alone belonged to the strongest level', () => {
  const active = setOf({ enabled: ['password', 'totp', 'security_question'] });
  const off = switchedOff({ active, next: setOf({ enabled: ['password'] }) });
  expect(off.map(({ key }) => key)).toEqual(['totp']);
});

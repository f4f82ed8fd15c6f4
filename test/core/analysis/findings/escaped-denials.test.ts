/** In a small universe, every user is tried with every value of the attribute: the analysis finds the same escapes. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapedDenials } from '../../../../src/core/analysis/findings/escaped-denials.ts';
import type { AttributeTest, Conditions, ExpressionPart } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { applyRules } from '../../../../src/core/policy/rules/rules.ts';
import { entangled } from '../../support/entangled.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const { attribute } = universe();
/** Users write these. */
const own = ['plan', 'roles', 'ends'];
const writable = universe({
  attribute: (name) => {
    const found = attribute(name);
    return found && own.includes(name) ? { ...found, write: 'user' } : found;
  },
  isLasting: (name) => !own.includes(name),
});

const plans = [{}, { plan: 'gold' }, { plan: 'silver' }];
/** Each user with each value. */
const users: readonly (readonly Facts[])[] = [[], ['a'], ['b'], ['a', 'b']].flatMap((groups) =>
  [{}, { level: 1 }, { level: 9 }].map((level) =>
    plans.map((plan) => factsOf({ subject: userWith([], { groups, profile: { ...level, ...plan } }) })),
  ),
);

const planTests = fc.constantFrom<AttributeTest>(
  { equals: 'gold' },
  { in: ['gold', 'silver'] },
  { not: { equals: 'gold' } },
  { present: true },
  { present: false },
);
const lists = fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { any: ['b'] }, { all: ['a', 'b'] });
const levelTests = fc.constantFrom<AttributeTest>({ atLeast: 5 }, { below: 5 });
const when: fc.Arbitrary<Conditions> = fc
  .record({ groups: lists, plan: planTests, level: levelTests }, { requiredKeys: [] })
  .map(({ groups, ...attributes }) => ({
    ...(groups && { groups }),
    ...(Object.keys(attributes).length > 0 && { attributes: attributes as Record<string, AttributeTest> }),
  }));

const allow: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };
const rules = fc.array(fc.record({ when, denies: fc.boolean() }), { minLength: 1, maxLength: 4 });

const policyOf = (name: string, drawn: readonly { readonly when: Conditions; readonly denies: boolean }[]) =>
  compilePolicy({
    name,
    rules: drawn.map(({ when: conditions, denies }, at): Rule => {
      return { name: `${name} ${at}`, when: conditions, then: denies ? { kind: 'deny' } : allow };
    }),
  });

const asksForPlan = ({ when: { attributes } }: Rule) => attributes?.plan !== undefined;

/** Whether the user of the facts, whom the rule denies, gets in below with one of the other values. */
function escapesTo(rule: Rule, others: readonly Facts[], policy: CompiledPolicy, beside: CompiledPolicy): boolean {
  const all = policy.rules.map((compiled) => compiled.rule);
  return others.some((facts) => {
    const decided = applyRules(policy, facts).rule;
    if (decided?.then.kind !== 'allow' || asksForPlan(decided)) return false;
    return all.indexOf(decided) > all.indexOf(rule) && applyRules(beside, facts).outcome === 'allow';
  });
}

test('a denial is escaped exactly where a user whom it denies gets in with another value', () => {
  const counts = { absent: 0, other: 0, none: 0 };
  fc.assert(
    fc.property(rules, fc.boolean(), rules, (drawn, restDenies, drawnBeside) => {
      const policy = policyOf('own', [...drawn, { when: {}, denies: restDenies }]);
      const beside = policyOf('beside', [...drawnBeside, { when: {}, denies: false }]);
      const { found, undecided, opaque } = escapedDenials({ policy, beside }, writable);
      expect([...undecided, ...opaque]).toEqual([]);
      for (const { rule: denial, instead, facts } of found) {
        expect(denial.then.kind).toBe('deny');
        expect(applyRules(policy, facts).rule).toBe(instead);
        expect(applyRules(beside, facts).outcome).toBe('allow');
      }
      const denials = policy.rules.map(({ rule }) => rule).filter((rule) => rule.then.kind === 'deny');
      for (const rule of denials.filter(asksForPlan)) {
        const escaping = users.flatMap((values) =>
          escapesTo(rule, values, policy, beside)
            ? values.filter((facts) => applyRules(policy, facts).rule === rule)
            : [],
        );
        const deniesAbsence = escaping.some(({ subject }) => subject?.profile.plan === undefined);
        const escaped = found.filter((finding) => finding.rule === rule);
        expect(escaped).toHaveLength(escaping.length > 0 ? 1 : 0);
        expect(escaped.some((finding) => finding.deniesAbsence)).toBe(deniesAbsence);
        counts[deniesAbsence ? 'absent' : escaping.length > 0 ? 'other' : 'none'] += 1;
      }
    }),
    seeded(300),
  );
  expect(Math.min(counts.absent, counts.other, counts.none)).toBeGreaterThan(enough(15));
});

const deny = (conditions: Conditions): Rule => ({ name: 'Deny', when: conditions, then: { kind: 'deny' } });
const rest: Rule = { name: 'Rest', when: {}, then: allow };
const inB: Conditions = { groups: { any: ['b'] } };
const withPlan = (plan: AttributeTest): Conditions => ({ attributes: { plan } });
const found = (...all: readonly Rule[]) =>
  escapedDenials({ policy: compilePolicy({ name: 'p', rules: all }) }, writable).found;

test('only the attribute differs: what else is asked of the user holds in the example', () => {
  const contractors = deny({ groups: { any: ['a'] }, ...withPlan({ not: { equals: 'gold' } }) });
  expect(found(contractors, rest)).toMatchObject([
    { attribute: 'plan', instead: rest, deniesAbsence: true, facts: { subject: { groups: ['a'] } } },
  ]);
  expect(found(contractors, deny({ groups: { any: ['a'] } }), rest)).toEqual([]);
});

test('an attribute that administrators write is not escaped', () => {
  const denial = deny(withPlan({ not: { equals: 'gold' } }));
  expect(found(denial, rest)).toHaveLength(1);
  expect(escapedDenials({ policy: compilePolicy({ name: 'p', rules: [denial, rest] }) }, universe()).found).toEqual([]);
});

test('of several values of a list, and of days, each is one that users write', () => {
  const roles = deny({ attributes: { roles: { not: { equals: 'boss' } } } });
  expect(found(roles, rest)).toMatchObject([
    { deniesAbsence: true, facts: { subject: { profile: { roles: ['boss'] } } } },
  ]);
  const [ended, ...others] = found(deny({ attributes: { ends: { before: { written: 'now', fromNow: 0 } } } }), rest);
  expect(others).toEqual([]);
  expect(ended).toMatchObject({ attribute: 'ends', instead: rest });
  expect(ended).not.toHaveProperty('deniesAbsence');
  expect(found(deny({ attributes: { ends: { not: { after: { written: 'now', fromNow: 0 } } } } }), rest)).toMatchObject(
    [{ deniesAbsence: true }],
  );
});

type Evaluate = ExpressionPart['evaluate'];

/** An expression of which nothing is known but what it reads, and the texts in it. */
function unread(reads: readonly string[], evaluate: Evaluate): Conditions {
  const text = JSON.stringify([reads, evaluate.toString()]);
  const partOf = () => ({ evaluate, reads, texts: ['u7'], numbers: [] });
  return { expression: { ...{ written: text, aboutUser: true, varies: true, evaluate, logic: { text } }, partOf } };
}

const planOf: Evaluate = ({ subject }) => (subject?.profile.plan === 'gold' ? 'miss' : 'hit');
const ofPlan = ['user.profile.plan'];
const ofUnit = ['user.profile.unit'];
const never: Evaluate = () => 'miss';
const anyway: Evaluate = () => 'hit';
const asked = (...all: readonly Rule[]) =>
  escapedDenials({ policy: compilePolicy({ name: 'p', rules: all }) }, writable);

describe('a part of an expression of which nothing is known', () => {
  test('is tried with values of the attribute', () => {
    const denial = deny(unread(ofPlan, planOf));
    expect(found(denial, rest)).toMatchObject([
      { rule: denial, attribute: 'plan', deniesAbsence: true, facts: { subject: { profile: { plan: 'gold' } } } },
    ]);
  });

  test('may fail for a user without the attribute, who is denied by that', () => {
    const denial = deny(unread(ofPlan, ({ subject }) => (subject?.profile.plan === undefined ? 'error' : 'miss')));
    expect(found(denial, rest)).toMatchObject([{ rule: denial, deniesAbsence: true }]);
  });

  test('may deny some values only', () => {
    const goldAlone: Evaluate = ({ subject }) => (subject?.profile.plan === 'gold' ? 'hit' : 'miss');
    const denial = deny(unread(ofPlan, goldAlone));
    const [escaped, ...others] = found(denial, rest);
    expect(others).toEqual([]);
    expect(escaped).toMatchObject({ rule: denial, facts: { subject: { profile: {} } } });
    expect(escaped).not.toHaveProperty('deniesAbsence');
    const absent = { ...deny(withPlan({ present: false })), name: 'Absent' };
    const [other] = found(denial, absent, rest);
    expect(other).toMatchObject({ rule: denial, facts: { subject: { profile: { plan: 'silver' } } } });
    expect(other).not.toHaveProperty('deniesAbsence');
  });

  test('leaves it open if it reads the attribute, and no value was found', () => {
    const denial = deny(unread(ofPlan, anyway));
    expect(asked(denial, rest)).toEqual({ found: [], undecided: [], opaque: [denial] });
    const both = deny({ ...withPlan({ not: { equals: 'gold' } }), ...unread(ofUnit, never) });
    expect(asked(both, rest)).toEqual({ found: [], undecided: [], opaque: [] });
  });

  test('is the same before and after, unless it reads the attribute', () => {
    const inUnit: Evaluate = ({ subject }) => (subject?.profile.unit === 'u7' ? 'hit' : 'miss');
    const denial = deny({ ...withPlan({ not: { equals: 'gold' } }), ...unread(ofUnit, inUnit) });
    expect(found(denial, rest)).toMatchObject([{ facts: { subject: { profile: { plan: 'gold', unit: 'u7' } } } }]);
    expect(found(denial, deny(unread(ofUnit, inUnit)), rest)).toEqual([]);
  });

  test('of a rule below does not hide the rules below that', () => {
    const denial = deny(withPlan({ not: { equals: 'gold' } }));
    const unshown: Rule = { name: 'Unshown', when: unread(ofUnit, never), then: allow };
    expect(found(denial, unshown, rest)).toMatchObject([{ instead: rest, deniesAbsence: true }]);
    const last: Rule = { ...rest, when: { groups: { any: ['a'] } } };
    const inA = { ...unshown, when: { ...unshown.when, groups: { any: ['b'] } } };
    expect(found(denial, inA, last, deny({}))).toMatchObject([
      { instead: last, facts: { subject: { groups: ['a'] } } },
    ]);
    expect(asked(denial, unshown, deny({}))).toEqual({ found: [], undecided: [], opaque: [] });
  });
});

test('rules that are entangled on purpose leave it undecided, once for each rule', () => {
  const both = deny({ any: [withPlan({ equals: 'gold' }), { attributes: { roles: { equals: 'x' } } }] });
  const policy = compilePolicy({ name: 'p', rules: [both, ...entangled.map(deny), rest] });
  expect(escapedDenials({ policy }, writable)).toEqual({ found: [], undecided: [both], opaque: [] });
});

test('an example is of as few groups as possible', () => {
  const denial = deny({ any: [{ groups: { none: ['z'] } }, inB], ...withPlan({ equals: 'gold' }) });
  const [escaped] = found(denial, { ...rest, when: { groups: { any: ['a', 'b', 'c'] } } }, deny({}));
  expect(escaped?.facts.subject.groups).toHaveLength(1);
});

test('what is said at another time holds for both values', () => {
  const soon: AttributeTest = { after: { written: '30d', fromNow: 30 * 86_400 } };
  const [escaped, ...others] = found(deny({ attributes: { ends: { present: true, not: soon } } }), rest);
  expect(others).toEqual([]);
  expect(escaped).toMatchObject({ attribute: 'ends' });
  expect(found(deny({ attributes: { ends: { not: soon } } }), rest)).toMatchObject([{ deniesAbsence: true }]);
});

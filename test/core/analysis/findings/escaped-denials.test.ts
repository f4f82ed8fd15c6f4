/** In a small universe, every user is tried with every value of the attribute: the analysis finds the same escapes. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapedDenials } from '../../../../src/core/analysis/findings/escaped-denials.ts';
import type { AttributeTest, Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { applyRules } from '../../../../src/core/policy/rules/rules.ts';
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

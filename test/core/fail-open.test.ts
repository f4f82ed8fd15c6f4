/** In a small universe, every user who lacks the attribute is tried: the analysis finds the same. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { failOpen } from '../../src/core/analysis/fail-open.ts';
import type { AttributeTest, Conditions } from '../../src/core/model/conditions.ts';
import type { Facts } from '../../src/core/model/facts.ts';
import type { Rule } from '../../src/core/model/policy.ts';
import { compilePolicy } from '../../src/core/policy/compile.ts';
import { applyRules, findRule } from '../../src/core/policy/rules.ts';
import { factsOf, userWith } from './support/fixtures.ts';
import { seeded } from './support/seeded.ts';
import { universe } from './support/universe.ts';

/** Users without the attribute `plan`. */
const lacking: readonly Facts[] = [[], ['a'], ['b'], ['a', 'b']].flatMap((groups) =>
  [{}, { level: 1 }, { level: 9 }].map((profile) => factsOf({ subject: userWith([], { groups, profile }) })),
);

const test1: fc.Arbitrary<AttributeTest> = fc.constantFrom<AttributeTest>(
  { equals: 'gold' },
  { in: ['gold', 'silver'] },
);
const groups = fc.constantFrom({ any: ['a'] }, { none: ['a'] }, { any: ['b'] }, { all: ['a', 'b'] });
const level = fc.constantFrom<AttributeTest>({ atLeast: 5 }, { below: 5 });

const when: fc.Arbitrary<Conditions> = fc
  .record({ groups, plan: test1, level }, { requiredKeys: [] })
  .map(({ groups: lists, ...attributes }) => ({
    ...(lists && { groups: lists }),
    ...(Object.keys(attributes).length > 0 && { attributes: attributes as Record<string, AttributeTest> }),
  }));

const allow: Rule['then'] = { kind: 'allow', requirement: { anyOf: [{ factors: 1, demands: [] }] } };
const rules = fc.array(fc.record({ when, denies: fc.boolean() }), { minLength: 1, maxLength: 4 });

function withoutPlan({ attributes, ...rest }: Conditions): Conditions {
  const { plan: _, ...others } = attributes ?? {};
  return { ...rest, ...(Object.keys(others).length > 0 && { attributes: others }) };
}

test('a denial fails open exactly where a user without the attribute is let in', () => {
  const counts = { open: 0, closed: 0 };
  fc.assert(
    fc.property(rules, fc.boolean(), (drawn, restDenies) => {
      const named = [...drawn, { when: {}, denies: restDenies }].map(({ when: conditions, denies }, at): Rule => {
        return { name: String(at), when: conditions, then: denies ? { kind: 'deny' } : allow };
      });
      const policy = compilePolicy({ name: 'policy', rules: named });
      const found = failOpen(policy, universe()).found.filter(({ attribute }) => attribute === 'plan');
      for (const { rule, instead, facts } of found) {
        expect(facts.subject.profile).not.toHaveProperty('plan');
        expect(applyRules(policy, facts).rule).toBe(instead);
        expect(rule.then.kind).toBe('deny');
      }
      const denying = named.filter(({ then, when: all }) => then.kind === 'deny' && all.attributes?.plan);
      for (const rule of denying) {
        const rest = compilePolicy({ name: 'rest', rules: [{ name: 'rest', when: withoutPlan(rule.when) }] });
        const isOpen = lacking.some(
          (facts) => findRule(rest, facts).rule !== undefined && applyRules(policy, facts).outcome === 'allow',
        );
        expect(found.some((one) => one.rule === rule)).toBe(isOpen);
        counts[isOpen ? 'open' : 'closed'] += 1;
      }
    }),
    seeded(300),
  );
  expect(Math.min(counts.open, counts.closed)).toBeGreaterThan(30);
});

const deny = (conditions: Conditions): Rule => ({ name: 'Deny', when: conditions, then: { kind: 'deny' } });
const rest: Rule = { name: 'Rest', when: {}, then: allow };
const open = (...all: readonly Rule[]) => failOpen(compilePolicy({ name: 'p', rules: all }), universe()).found;

test('an alternative of a denial may fail open, too', () => {
  const found = open(deny({ any: [{ groups: { any: ['a'] } }, { attributes: { plan: { equals: 'gold' } } }] }), rest);
  expect(found).toMatchObject([{ attribute: 'plan', instead: { name: 'Rest' } }]);
});

test('quiet where a rule says what absence means', () => {
  const gold = deny({ attributes: { plan: { equals: 'gold' } } });
  expect(open(gold, rest)).toHaveLength(1);
  expect(open(gold, deny({ attributes: { plan: { present: false } } }), rest)).toEqual([]);
  expect(open(deny({ attributes: { plan: { not: { equals: 'silver' } } } }), rest)).toEqual([]);
});

test('a rule that never applies denies no user, with the attribute or without', () => {
  const rest: Rule = { name: 'rest', when: {}, then: allow };
  const named = (clearance: AttributeTest): Rule => ({
    name: 'No',
    when: { attributes: { clearance } },
    then: { kind: 'deny' },
  });
  const open = (clearance: AttributeTest) =>
    failOpen(compilePolicy({ name: 'policy', rules: [named(clearance), rest] }), universe()).found;
  expect(open({ atLeast: 2, below: 4 })).toHaveLength(1);
  expect(open({ atLeast: 4, below: 2 })).toEqual([]);
});

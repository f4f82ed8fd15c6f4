/** In a small universe, every user is tried with every value of the attribute: the analysis finds the same choices. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writtenChoices } from '../../../../src/core/analysis/findings/less-strict-rules.ts';
import type { AttributeTest, Conditions } from '../../../../src/core/model/conditions.ts';
import type { Facts } from '../../../../src/core/model/facts.ts';
import type { RuleHead } from '../../../../src/core/model/policy.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import { findRule } from '../../../../src/core/policy/rules/rules.ts';
import { factsOf, userWith } from '../../support/fixtures.ts';
import { enough, seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

/** How strict it is. */
interface AskingRule extends RuleHead {
  readonly then: number;
}

const { attribute } = universe();
const writable = universe({
  attribute: (name) => {
    const found = attribute(name);
    return found && name === 'plan' ? { ...found, write: 'user' } : found;
  },
  isLasting: (name) => name !== 'plan',
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
  { equals: 'silver' },
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
const rules = fc.array(fc.record({ when, then: fc.nat({ max: 2 }) }), { minLength: 1, maxLength: 4 });

const readsPlan = ({ when: { attributes } }: RuleHead) => attributes?.plan !== undefined;

/** The names of rules that read the attribute, and of those that decide instead once it is written. */
function choicesOf(policy: CompiledPolicy<AskingRule>): ReadonlyMap<string, ReadonlySet<string>> {
  const choices = new Map<string, Set<string>>();
  const add = (name: string, other: string) => choices.set(name, (choices.get(name) ?? new Set()).add(other));
  for (const values of users)
    for (const from of values)
      for (const to of values) {
        const [left, come] = [findRule(policy, from).rule, findRule(policy, to).rule];
        if (left === undefined || come === undefined || come.then >= left.then) continue;
        if (readsPlan(left)) add(left.name, `to ${come.name}`);
        else add(come.name, `from ${left.name}`);
      }
  return choices;
}

test('the choices that a user has, and no others', () => {
  const seen = { escaped: 0, chosen: 0, none: 0 };
  fc.assert(
    fc.property(rules, (drawn) => {
      const policy = compilePolicy<AskingRule>({
        name: 'policy',
        rules: drawn.map((rule, at) => ({ ...rule, name: `rule ${at}` })),
      });
      const { found, undecided, opaque } = writtenChoices(policy, writable, (terms, than) => terms < than);
      expect([undecided, opaque]).toEqual([[], []]);
      const expected = choicesOf(policy);
      expect(found.map(({ rule }) => rule.name)).toEqual([...expected.keys()].sort());
      for (const { rule, attribute: read, other, isEscaped } of found) {
        expect(read).toBe('plan');
        expect(expected.get(rule.name)).toContain(`${isEscaped ? 'to' : 'from'} ${other.name}`);
        seen[isEscaped ? 'escaped' : 'chosen'] += 1;
      }
      if (found.length === 0) seen.none += 1;
    }),
    seeded(400),
  );
  expect(seen.escaped).toBeGreaterThan(enough(20));
  expect(seen.chosen).toBeGreaterThan(enough(10));
  expect(seen.none).toBeGreaterThan(enough(20));
});

test('an attribute that only administrators write is no choice', () => {
  const policy = compilePolicy<AskingRule>({
    name: 'policy',
    rules: [
      { name: 'Gold', when: { attributes: { plan: { equals: 'gold' } } }, then: 2 },
      { name: 'Rest', when: {}, then: 1 },
    ],
  });
  const found = (of: typeof writable) => writtenChoices(policy, of, (terms, than) => terms < than).found;
  expect(found(writable)).toHaveLength(1);
  expect(found(universe())).toEqual([]);
});

/** Rules over groups: one pass over the groups of the user, whatever the number of rules. */

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AnyAllNone } from '../../../../src/core/model/conditions.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import { compilePolicy } from '../../../../src/core/policy/rules/compile.ts';
import type { CompiledCondition } from '../../../../src/core/policy/rules/condition-table.ts';
import { applyRules } from '../../../../src/core/policy/rules/rules.ts';
import { conditions } from '../../support/fact-arbitraries.ts';
import { allow, factors, factsOf, userWith } from '../../support/fixtures.ts';
import { seeded } from '../../support/seeded.ts';

function policyOf(whens: readonly Rule['when'][]) {
  const rules = whens.map((when, index): Rule => ({ name: `${index}`, when, then: { kind: 'deny' } }));
  return compilePolicy({ name: 'app', rules: [...rules, { name: 'others', when: {}, then: allow(factors(1)) }] });
}

const factsIn = (groups: readonly string[]) => factsOf({ subject: userWith([], { groups }) });

/** Counts how often a member of the list is read. */
function counted(groups: readonly string[]): { readonly groups: readonly string[]; reads: number } {
  const counter = { reads: 0, groups };
  counter.groups = new Proxy(groups, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) counter.reads += 1;
      return Reflect.get(target, key);
    },
  });
  return counter;
}

const names = fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 });
const lists: fc.Arbitrary<AnyAllNone> = fc.record({ any: names, all: names, none: names }, { requiredKeys: [] });

/** As the sentence says it: one of `any`, all of `all`, none of `none`. */
function naively({ any, all, none }: AnyAllNone, groups: readonly string[]): boolean {
  const isIn = (name: string) => groups.includes(name);
  return (!any || any.some(isIn)) && (!all || all.every(isIn)) && !none?.some(isIn);
}

describe('rules over groups', () => {
  test('read each group of the user once', () => {
    const many = Array.from({ length: 500 }, (_, index) => `team ${index}`);
    const whens = Array.from({ length: 1000 }, (_, index) => ({
      groups: { any: [`project ${index}`, `area ${index}`] },
    }));
    const groups = counted(many);
    const { outcome, rule, traces } = applyRules(policyOf(whens), factsIn(groups.groups));
    expect([outcome, rule?.name, traces.length]).toEqual(['allow', 'others', 1001]);
    expect(groups.reads).toBeLessThanOrEqual(500);
  });

  test('hold for one of any, for all of all, and for none of none, in any order and however often', () => {
    const groups = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(lists, { minLength: 1, maxLength: 4 }), groups, (whens, own) => {
        const { traces } = applyRules(policyOf(whens.map((when) => ({ groups: when }))), factsIn(own));
        const first = whens.findIndex((when) => naively(when, own));
        expect(traces.map(({ result }) => result)).toEqual([
          ...(first < 0 ? whens : whens.slice(0, first)).map(() => 'miss'),
          'hit',
        ]);
      }),
      seeded(500),
    );
  });

  test('give the same result for one user after another', () => {
    const policy = policyOf([{ groups: { all: ['a', 'b'], none: ['c'] } }]);
    const results = [['a', 'b'], ['a'], ['a', 'b', 'c'], [], ['b', 'a']].map(
      (groups) => applyRules(policy, factsIn(groups)).outcome,
    );
    expect(results).toEqual(['deny', 'allow', 'allow', 'allow', 'deny']);
    expect(applyRules(policy, factsOf()).outcome).toBe('undecided');
  });

  test('hold for one user as if another had not come before', () => {
    const policy = policyOf([{ groups: { any: ['a'] } }, { groups: { any: ['b'] } }, { groups: { none: ['c'] } }]);
    const results = [['a'], ['b'], ['c'], ['b'], []].map((groups) =>
      applyRules(policy, factsIn(groups)).traces.map(({ result }) => result),
    );
    const ofB = ['miss', 'hit'];
    expect(results).toEqual([['hit'], ofB, ['miss', 'miss', 'miss', 'hit'], ofB, ['miss', 'miss', 'hit']]);
  });

  test('count a group once that a user is in twice', () => {
    const policy = policyOf([{ groups: { all: ['a', 'b'] } }]);
    const outcomes = [
      ['a', 'a'],
      ['a', 'b', 'a'],
    ].map((groups) => applyRules(policy, factsIn(groups)).outcome);
    expect(outcomes).toEqual(['allow', 'deny']);
  });

  test.each<[string, readonly string[], boolean, readonly string[]]>([
    ['neither', [], false, ['miss miss', 'hit']],
    ['the group', ['a'], false, ['hit miss', 'hit']],
    ['the device', [], true, ['miss hit', 'hit']],
    ['both', ['a'], true, ['hit hit']],
  ])('are traced next to another condition, where the user has %s', (_, groups, known, expected) => {
    const facts = factsIn(groups);
    const { traces } = applyRules(policyOf([{ groups: { any: ['a'] }, device: { known: true } }]), {
      ...facts,
      device: { ...facts.device, known },
    });
    expect(
      traces.map(({ result, conditions: all }) => all.map((condition) => condition.result).join(' ') || result),
    ).toEqual(expected);
  });

  test('next to other conditions decide as those do one by one', () => {
    const subjects = fc.subarray(['a', 'b', 'c']);
    fc.assert(
      fc.property(fc.array(conditions, { maxLength: 4 }), subjects, (whens, groups) => {
        const facts = factsIn(groups);
        const { traces } = applyRules(policyOf(whens), facts);
        const { rules } = policyOf(whens);
        for (const [index, trace] of traces.entries()) {
          const results = (list: readonly CompiledCondition[] = []): readonly unknown[] =>
            list.map(({ name, test: run, alternatives }) => ({
              condition: name,
              result: run(facts),
              ...(alternatives && { alternatives: alternatives.map(results) }),
            }));
          expect(trace.conditions).toEqual(results(rules[index]?.conditions));
        }
      }),
      seeded(500),
    );
  });
});

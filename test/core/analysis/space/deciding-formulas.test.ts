/** That one of several rules decides holds in the same classes as that one of them applies, and none before it. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { oneDecidesFrom } from '../../../../src/core/analysis/space/deciding-formulas.ts';
import { findModel, newBudget } from '../../../../src/core/analysis/space/find-model.ts';
import { ruleSpace } from '../../../../src/core/analysis/space/rule-space.ts';
import type { AnyAllNone } from '../../../../src/core/model/conditions.ts';
import type { Rule } from '../../../../src/core/model/policy.ts';
import type { Formula } from '../../../../src/core/policy/theories/theory.ts';
import { seeded } from '../../support/seeded.ts';
import { universe } from '../../support/universe.ts';

const names = ['a', 'b', 'c'];
const lists = fc.constantFrom<AnyAllNone>({ any: ['a'] }, { none: ['b'] }, { all: ['a', 'c'] }, { any: ['b', 'c'] });
const rulesWith = fc.array(fc.record({ groups: lists, isMeant: fc.boolean() }), { maxLength: 7 });
const usersGroups = Array.from({ length: 8 }, (_, bits) => names.filter((_name, at) => (bits >> at) % 2 === 1));
const denies: Rule['then'] = { kind: 'deny' };

function isIn(memberOf: readonly string[], { any, all = [], none = [] }: AnyAllNone): boolean {
  const has = (name: string) => memberOf.includes(name);
  return (any === undefined || any.some(has)) && all.every(has) && !none.some(has);
}

test('it holds for exactly those whose first rule from the position on is meant', () => {
  fc.assert(
    fc.property(rulesWith, fc.nat({ max: 7 }), (drawn, position) => {
      const rules = drawn.map(({ groups }, at): Rule => ({ name: String(at), when: { groups }, then: denies }));
      const users = usersGroups.map((memberOf) => ({
        memberOf,
        when: { groups: { all: memberOf, none: names.filter((name) => !memberOf.includes(name)) } },
      }));
      const space = ruleSpace(
        [...rules, ...users].map(({ when }) => when),
        universe(),
      );
      const decides = oneDecidesFrom(rules, new Set(rules.filter((_, at) => drawn[at]?.isMeant)), space)(position);
      for (const { memberOf, when } of users) {
        const first = drawn.slice(position).find(({ groups }) => isIn(memberOf, groups));
        const found = findModel([...space.always, space.applies(when), decides], newBudget());
        expect(found !== 'impossible').toBe(first?.isMeant ?? false);
      }
    }),
    seeded(200),
  );
});

/** Formulas that are not among those that were seen, with all inside them; each is added to them. */
function added(formula: Formula, seen: Set<Formula>): number {
  if (seen.has(formula) || 'variable' in formula) return 0;
  seen.add(formula);
  const parts = 'all' in formula ? formula.all : formula.any;
  return parts.length + parts.reduce((sum, part) => sum + added(part, seen), 0);
}

function depth(formula: Formula): number {
  if ('variable' in formula) return 0;
  return 1 + Math.max(0, ...('all' in formula ? formula.all : formula.any).map(depth));
}

test('of long policies it is not as deep as they are long, and positions share most of it', () => {
  const rules = Array.from({ length: 512 }, (_, at): Rule => {
    return { name: String(at), when: { groups: { any: [`group${at}`] } }, then: denies };
  });
  const space = ruleSpace(
    rules.map(({ when }) => when),
    universe(),
  );
  const decidesFrom = oneDecidesFrom(rules, new Set(rules), space);
  const seen = new Set<Formula>();
  const first = added(decidesFrom(0), seen);
  expect(depth(decidesFrom(0))).toBeLessThan(25);
  expect(first).toBeLessThan(10_000);
  expect(added(decidesFrom(1), seen)).toBeLessThan(600);
  expect(added(decidesFrom(1), seen)).toBe(0);
});

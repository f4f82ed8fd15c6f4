/** What a condition's theory says of each class of facts is what the condition itself says of facts of that class. */
import { describe, expect, test } from '@jest/globals';
import type { ConditionName, ConditionOf } from '../../src/core/model/conditions.ts';
import type { ConditionDescriptor } from '../../src/core/policy/condition-descriptor.ts';
import { conditionDescriptors } from '../../src/core/policy/conditions.ts';
import type { Formula, UserFacts, Variable } from '../../src/core/policy/theory.ts';
import { factsOf, NOW, userWith } from './support/fixtures.ts';
import { universe } from './support/universe.ts';

const someone = userWith(['password'], { createdAt: NOW - 5 });
const facts: UserFacts = { ...factsOf({ subject: someone }), subject: someone };

/** The position of a class, by variable. */
type Classes = ReadonlyMap<Variable, number>;

function variablesOf(formula: Formula): readonly Variable[] {
  if ('variable' in formula) return [formula.variable];
  return ('all' in formula ? formula.all : formula.any).flatMap(variablesOf);
}

/** Each way to choose one class that can be made up for each variable. */
function choices(variables: readonly Variable[]): readonly Classes[] {
  return variables.reduce<readonly Classes[]>(
    (all, variable) =>
      all.flatMap((chosen) =>
        variable.classes.flatMap(({ place }, at) =>
          place === undefined ? [] : [new Map([...chosen, [variable, at]])],
        ),
      ),
    [new Map()],
  );
}

function holds(formula: Formula, chosen: Classes): boolean {
  if ('all' in formula) return formula.all.every((one) => holds(one, chosen));
  if ('any' in formula) return formula.any.some((one) => holds(one, chosen));
  return ((formula.classes >> BigInt(chosen.get(formula.variable) ?? 0)) & 1n) === 1n;
}

function placed(chosen: Classes): UserFacts {
  return [...chosen].reduce((made, [variable, at]) => variable.classes[at]?.place?.(made) ?? made, facts);
}

function theoryOf<Name extends ConditionName>(name: Name, conditions: readonly ConditionOf<Name>[]) {
  const { theory }: ConditionDescriptor<Name> = conditionDescriptors[name];
  if (theory === undefined) throw new Error(`${name} has no theory`);
  return theory(conditions, universe());
}

/** Of each class: what the formula says, and what the condition says. */
function compare<Name extends ConditionName>(name: Name, conditions: readonly ConditionOf<Name>[]) {
  const descriptor: ConditionDescriptor<Name> = conditionDescriptors[name];
  const partsOf = theoryOf(name, conditions);
  return conditions.flatMap((condition) => {
    const formulas = partsOf(condition).map(({ formula }) => formula);
    return choices([...new Set(formulas.flatMap(variablesOf))]).map((chosen) => {
      const made = placed(chosen);
      const tests = descriptor.compile(condition);
      return {
        condition,
        facts: JSON.stringify({
          ...made.device,
          ...made.subject.profile,
          age: made.now - (made.subject.createdAt ?? 0),
        }),
        formula: formulas.every((one) => holds(one, chosen)),
        itself: tests.every((each) => each.test(made) === 'hit'),
      };
    });
  });
}

const cases: { readonly [Name in ConditionName]?: readonly ConditionOf<Name>[] } = {
  accountAge: [{ atLeast: 60 }, { below: 60 }, { atLeast: 60, below: 3600 }, { below: 7200 }],
  distance: [{ within: 50 }, { notWithin: 50 }, { notWithin: 500 }],
  lastSignIn: [{ within: 60 }, { notWithin: 60 }, { notWithin: 3600 }],
  device: [
    { known: true },
    { known: false },
    { platform: ['mobile'] },
    { os: ['windows', 'ios'] },
    { registered: true },
    { registered: false },
    { managed: true },
    { managed: false, registered: true },
    { assurance: { any: ['disk'] } },
    { assurance: { all: ['disk', 'lock'], none: ['rooted'] } },
  ],
  risk: [{ atLeast: 'medium' }, { below: 'high' }, { any: ['newDevice', 'longAway'] }, { none: ['newCountry'] }],
  attributes: [
    { level: { atLeast: 3 } },
    { level: { above: 3, atMost: 7 } },
    { level: { below: 2 } },
    { level: { in: [1, 9] } },
    { level: { not: { equals: 3 } } },
    { plan: { equals: 'gold' } },
    { plan: { present: false } },
    { name: { matches: 'A*' } },
    { name: { in: ['Ann', 'Bob', ''] } },
    { name: { matches: '*n', not: { equals: 'Ben' } } },
    { unit: { matches: 'us*' } },
    { roles: { equals: 'lead' } },
    { roles: { present: true } },
    { unknown: { equals: true } },
    { unknown: { equals: 'x' } },
  ],
};

describe('a formula holds in exactly the classes in which the condition does', () => {
  test.each(Object.keys(cases) as (keyof typeof cases)[])('%s', (name) => {
    const compared = compare(name, (cases[name] ?? []) as never);
    expect(compared.filter((one) => one.formula !== one.itself)).toEqual([]);
    expect(new Set(compared.map(({ formula }) => formula)).size).toBe(2);
  });
});

test.each<[string, ConditionOf<'device'>, readonly (readonly string[])[]]>([
  ['holds for a device that is not known', { known: false, platform: ['mobile'] }, [['known']]],
  [
    'holds for a device that is not registered, or not managed',
    { registered: false, managed: false },
    [['registered'], ['managed']],
  ],
  ['holds for what is something', { known: true, registered: true, managed: true, os: ['ios'] }, []],
])('a part that %s says so', (_, condition, negative) => {
  const parts = theoryOf('device', [condition])(condition);
  expect(parts.filter(({ isNegative }) => isNegative).map(({ path }) => path)).toEqual(negative);
});

/** What a condition's theory says of each class of facts is what the condition itself says of facts of that class. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { ConditionName, ConditionOf } from '../../../../src/core/model/conditions.ts';
import type { ConditionDescriptor } from '../../../../src/core/policy/condition-descriptor.ts';
import { conditionDescriptors } from '../../../../src/core/policy/rules/condition-table.ts';
import type { FactClass, Formula, Universe, UserFacts, Variable } from '../../../../src/core/policy/theories/theory.ts';
import { factsOf, fixedNow, userWith } from '../../support/fixtures.ts';
import { anyZones, universe } from '../../support/universe.ts';

const userWithPassword = userWith(['password'], { createdAt: fixedNow - 5 });
const facts: UserFacts = { ...factsOf({ subject: userWithPassword }), subject: userWithPassword };

/** The position of a class, by variable. */
type Classes = ReadonlyMap<Variable, number>;

function variablesOf(formula: Formula): readonly Variable[] {
  if ('variable' in formula) return [formula.variable];
  return ('all' in formula ? formula.all : formula.any).flatMap(variablesOf);
}

/** Each way to choose one class for each variable; by default, of those of which facts can be made up. */
function choices(
  variables: readonly Variable[],
  isMeant = ({ applyTo }: FactClass) => applyTo !== undefined,
): readonly Classes[] {
  return variables.reduce<readonly Classes[]>(
    (all, variable) =>
      all.flatMap((chosen) =>
        variable.classes.flatMap((factClass, at) => (isMeant(factClass) ? [new Map([...chosen, [variable, at]])] : [])),
      ),
    [new Map()],
  );
}

function holds(formula: Formula, chosen: Classes): boolean {
  if ('all' in formula) return formula.all.every((part) => holds(part, chosen));
  if ('any' in formula) return formula.any.some((part) => holds(part, chosen));
  return ((formula.classes >> BigInt(chosen.get(formula.variable) ?? 0)) & 1n) === 1n;
}

function placed(chosen: Classes): UserFacts {
  return [...chosen].reduce((made, [variable, at]) => variable.classes[at]?.applyTo?.(made) ?? made, facts);
}

function theoryOf<Name extends ConditionName>(
  name: Name,
  conditions: readonly ConditionOf<Name>[],
  more: Partial<Universe> = {},
) {
  const descriptor: ConditionDescriptor<Name> = conditionDescriptors[name];
  return descriptor.theory(conditions, universe(more), { sets: [], formulaOf: () => ({ all: [] }) });
}

/** Of each class: what the formula says, and what the condition says. */
function compare<Name extends ConditionName>(name: Name, conditions: readonly ConditionOf<Name>[]) {
  const descriptor: ConditionDescriptor<Name> = conditionDescriptors[name];
  const partsOf = theoryOf(name, conditions, anyZones);
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
        formula: formulas.every((part) => holds(part, chosen)),
        itself: tests.every((each) => each.test(made) === 'hit'),
        isWhole: made.subject.id === userWithPassword.id && made.device.os !== undefined,
      };
    });
  });
}

const names = Object.keys(conditionDescriptors) as readonly ConditionName[];

/** For each condition: what its theory is tried with, or the test beside this one that tries it. */
const cases: {
  readonly [Name in ConditionName]: readonly ConditionOf<Name>[] | { readonly testedIn: string };
} = {
  users: [{ any: ['amy'] }, { none: ['amy', 'bob'] }, { any: ['amy', 'AAAAAAAAAAAAAAAAAAAAAA'], none: ['bob'] }],
  groups: [{ any: ['a', 'b'] }, { all: ['a', 'b'] }, { any: ['a'], none: ['c'] }],
  userType: [{ any: ['clerk'] }, { none: ['clerk'] }, { any: ['clerk', 'guard'], none: ['guard'] }],
  network: [{ any: ['a'] }, { none: ['a', 'b'] }, { all: ['a', 'b'] }, { any: ['b', 'c'], none: ['a'] }],
  apps: [{ any: ['a'] }, { none: ['a', 'b'] }, { any: ['a', 'b'], none: ['b'] }],
  scopes: [{ any: ['email', 'api'] }, { all: ['email', 'api'] }, { none: ['phone'] }],
  claims: [{ any: ['email'] }, { all: ['email', 'name'] }, { none: ['phone'] }],
  time: [
    { days: [1, 2, 3, 4, 5], from: 540, to: 1020, zone: 'Europe/Vienna' },
    { from: 1320, to: 360, zone: 'UTC' },
    { days: [0], zone: 'UTC' },
  ],
  recovered: [{ within: 60 }, { within: 3600 }],
  authenticated: [{ any: ['totp', 'webauthn'] }, { all: ['password', 'totp'] }],
  expression: { testedIn: 'expression-theory.test.ts' },
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
  const tried = names.filter((name) => Array.isArray(cases[name]));

  test.each(tried)('%s', (name) => {
    const compared = compare(name, cases[name] as never);
    expect(compared.filter((comparison) => comparison.formula !== comparison.itself || !comparison.isWhole)).toEqual(
      [],
    );
    expect(new Set(compared.map(({ formula }) => formula)).size).toBe(2);
  });
});

describe('each condition', () => {
  test('has a theory that a test tries', () => {
    expect(Object.keys(cases).sort()).toEqual([...names].sort());
  });

  test('has its theory in the test that is named for it', () => {
    const elsewhere = Object.entries(cases).flatMap(([name, tries]) =>
      'testedIn' in tries ? [{ name, file: tries.testedIn }] : [],
    );
    expect(elsewhere.length).toBeGreaterThan(0);
    const silent = elsewhere.filter(
      ({ name, file }) => !readFileSync(join(import.meta.dirname, file), 'utf8').includes(`${name}Theory(`),
    );
    expect(silent).toEqual([]);
  });
});

/**
 * A rule for first sign-ins that denies is a lock-out only if the same user is let in later: the analysis keeps the
 * lasting variables of the user for that.
 */
test('what conditions ask about the user lasts, except for names that can pass to another user', () => {
  const aboutUser = names.filter((name) => conditionDescriptors[name].about === 'user');
  const passing = aboutUser.flatMap((name) => {
    const conditions = cases[name] as readonly ConditionOf<typeof name>[];
    const partsOf = theoryOf(name, conditions as never);
    const variables = conditions.flatMap((condition) =>
      partsOf(condition as never).flatMap(({ formula }) => variablesOf(formula)),
    );
    return [...new Set(variables)].flatMap((variable) => (variable.lasting ? [] : [variable.name]));
  });
  expect(passing).toEqual(['users.amy', 'users.bob']);
});

test('a proof by a method is one by its authenticator', () => {
  const byMethod = { any: ['phone.sms'] };
  const reading = theoryOf('authenticated', [byMethod]);
  const formulaOf = (any: readonly string[]): Formula => ({ all: reading({ any }).map(({ formula }) => formula) });
  const [whole, part] = [formulaOf(['phone']), formulaOf(['phone.sms'])];
  const meets = choices([...new Set(variablesOf(part))]).filter((chosen) => holds(part, chosen));
  expect(meets).toHaveLength(1);
  for (const chosen of meets) {
    expect(placed(chosen).signedInWith).toEqual(['phone.sms', 'phone']);
    expect(holds(whole, chosen)).toBe(true);
  }
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

describe('each value of an attribute is in a class that no condition divides, and each class has a value', () => {
  type Attributes = ConditionOf<'attributes'>;
  const tested: readonly [string, readonly Attributes[string][], readonly unknown[]][] = [
    [
      'level',
      [
        { atLeast: 3 },
        { above: 3, atMost: 7 },
        { below: 2 },
        { in: [1, 9] },
        { not: { equals: 3 } },
        { present: true },
      ],
      [undefined, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 7, 8, 9, 9.5, 10],
    ],
    ['level', [{ below: 3 }, { atLeast: 3 }, { present: true }], [undefined, 2, 3]],
    ['level', [{ not: { equals: 4 } }, { present: true }], [undefined, 4, 5]],
    ['level', [{}, { below: 3 }], [undefined, 2, 4]],
    ['level', [{ above: 9 }, { below: 1 }, { atLeast: 20 }], [undefined, 0, 0.5, 1, 5, 9, 9.5, 10]],
    ['plan', [{ equals: 'gold' }, { in: ['silver', 'tin'] }, { matches: '*l*' }], [undefined, 'gold', 'silver']],
    ['member', [{ equals: true }, { not: { equals: false } }, { present: true }], [undefined, true, false]],
    ['name', [{ matches: 'A*' }, { in: ['Ann', 'Bob'] }, { matches: '*n' }], ['Ann', 'Bob', 'Anton', 'Al', 'Ben', 'x']],
    ['unit', [{ matches: 'us*' }, { equals: 'uk' }, { equals: 'de' }], [undefined, 'us', 'us1', 'uk', 'u']],
    [
      'roles',
      [{ equals: 'lead' }, { matches: 'a*' }],
      [undefined, ['lead'], ['a'], ['lead', 'a'], ['x'], ['x', 'lead']],
    ],
    [
      'unknown',
      [{ equals: true }, { equals: false }, { matches: 'a*' }, { atLeast: 5 }],
      [undefined, true, false, 'a', 'x', 4, 5, ['x', 5]],
    ],
    ['unknown', [{ above: 7 }, { atLeast: 7 }, { above: 5 }, { below: 5 }], [undefined, 4, 5, 6, 7, 8, [4, 8]]],
    ['unknown', [{ above: 5.5 }, { atLeast: 5.5 }, { above: 5 }, { below: 5 }], [undefined, 4, 5, 5.2, 5.5, 8, [4, 8]]],
  ];
  /** Their values are all that there can be, so no class may stand for anything else. */
  const closed: readonly string[] = ['level', 'plan', 'member'];

  test.each(tested)('%s: %j', (name, conditions, values) => {
    const all = conditions.map((attributeTest): Attributes => ({ [name]: attributeTest }));
    const formulaOf = theoryOf('attributes', all);
    const formulas = all.map((condition) => ({ all: formulaOf(condition).map(({ formula }) => formula) }));
    const variables = [...new Set(formulas.flatMap(variablesOf))];
    const foretold = (chosen: Classes) => formulas.map((formula) => holds(formula, chosen)).join();
    const given = (made: UserFacts) =>
      all
        .map((condition) =>
          conditionDescriptors.attributes.compile(condition).every((each) => each.test(made) === 'hit'),
        )
        .join();
    const withValue = (value: unknown) =>
      ({
        ...facts,
        subject: { ...userWithPassword, profile: value === undefined ? {} : { [name]: value } },
      }) as UserFacts;

    const answers = new Set(choices(variables, () => true).map(foretold));
    expect(values.filter((value) => !answers.has(given(withValue(value))))).toEqual([]);
    const possible = new Set(values.map((value) => given(withValue(value))));
    expect([...answers].filter((answer) => closed.includes(name) && !possible.has(answer))).toEqual([]);
    for (const chosen of choices(variables)) {
      const made = placed(chosen);
      expect([made.subject.profile, given(made)]).toEqual([made.subject.profile, foretold(chosen)]);
      expect(Object.values(made.subject.profile).flat()).not.toContain(undefined);
      expect({ ...made, subject: facts.subject }).toEqual(facts);
    }
  });
});

test('a part knows its position', () => {
  const condition = { assurance: { none: ['rooted'] } };
  expect(theoryOf('device', [condition])(condition).map(({ path }) => path)).toEqual([['assurance', 'none']]);
});

describe('of an attribute nothing is made up', () => {
  const classesOf = (conditions: readonly ConditionOf<'attributes'>[], more: Partial<Universe> = {}) =>
    theoryOf(
      'attributes',
      conditions,
      more,
    )(conditions[0] ?? {}).flatMap(({ formula }) =>
      variablesOf(formula).map(({ classes }) => classes.map(({ applyTo }) => applyTo !== undefined)),
    );

  test.each<[string, ConditionOf<'attributes'>]>([
    ['a time', { hired: { before: { written: '-60s', fromNow: -60 } } }],
    ['a time in what must not hold', { hired: { equals: 'x', not: { before: { written: '-60s', fromNow: -60 } } } }],
    ['a star in a text', { unknown: { equals: 'a*' } }],
    ['an empty text', { unknown: { equals: '' } }],
  ])('where a test has %s: it holds or not, as every equal test', (_, condition) => {
    expect(classesOf([condition])).toEqual([[true, false]]);
    const formulaOf = theoryOf('attributes', [condition]);
    const [one, other] = [condition, { ...condition }].map((each) => formulaOf(each).map(({ formula }) => formula));
    expect(one?.flatMap(variablesOf)[0]).toBe(other?.flatMap(variablesOf)[0]);
  });

  test('that the schema refuses: a text that is named is dropped, and others may be there', () => {
    const nothing = { isKept: () => false };
    expect(classesOf([{ name: { matches: 'A*' } }, { name: { equals: 'Ann' } }], nothing)).toEqual([
      [true, false, false],
    ]);
    expect(classesOf([{ roles: { equals: 'lead' } }], nothing)).toEqual([]);
    expect(classesOf([{ roles: { matches: 'a*' } }], nothing)).toEqual([[true, false]]);
  });
});

const soon = { written: '60s', fromNow: 60 };
const someDay = { written: '2027-01-10', from: 0, to: 0 };

test.each<[string, ConditionOf<'attributes'>[string], boolean]>([
  ['a moving bound', { before: soon }, true],
  ['a moving bound on the other side', { after: soon }, true],
  ['a moving bound in what must not hold', { present: true, not: { after: soon } }, true],
  ['a fixed day', { before: someDay }, false],
  ['a fixed day in what must not hold', { not: { before: someDay } }, false],
  ['a text', { equals: 'x' }, false],
])('the result for an attribute with %s varies between sign-ins, or not', (_, ends, expected) => {
  expect(conditionDescriptors.attributes.compile({ ends }).map(({ varies }) => varies)).toEqual([expected]);
});

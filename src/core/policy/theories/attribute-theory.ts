/**
 * The theory of the condition `attributes`: it cuts the values of one attribute into classes that its tests
 * distinguish, and writes the tests as formulas over these classes.
 */
import type { Attribute } from '../../model/attribute.ts';
import type { AttributeTest, AttributeValue, ValueTest } from '../../model/conditions.ts';
import { isRelative } from '../values/date-bound.ts';
import type { CompileValueTest, ValueFormulas } from './attribute-values.ts';
import type { TestedDays } from './day-view.ts';
import {
  among,
  type Formula,
  isYes,
  negated,
  truthVariable,
  type Universe,
  type UserFacts,
  type Variable,
} from './theory.ts';
import { type ValueClass, valueClasses } from './value-classes.ts';

/** Writes a test of the attribute as a formula. */
type FormulaOfTest = (test: AttributeTest) => Formula;

/** The members of a test that the classes can represent. Dates are possible only where all values are days. */
const knownMembers: readonly string[] = [
  'equals',
  'in',
  'matches',
  'atLeast',
  'above',
  'atMost',
  'below',
] satisfies readonly (keyof ValueTest)[];

export interface TestedAttribute {
  readonly name: string;
  readonly tests: readonly AttributeTest[];
  readonly universe: Universe;
  readonly valueTest: CompileValueTest;
}

/**
 * The formulas for the tests of one attribute. A test that cannot be represented may hold or not, and if there are too
 * many classes, so may every test. `days`: the values of a date attribute whose tests compare it with the current time.
 */
export function attributeTheory(tested: TestedAttribute, days: ValueFormulas | undefined): FormulaOfTest {
  const { name, tests, universe, valueTest } = tested;
  if (days) return (test) => testFormula(test, days);
  const attribute = universe.attribute(name);
  const hasDays = holdsDays(attribute, tests);
  const understands = (test: AttributeTest) => isUnderstood(test, hasDays);
  const isKept = (value: AttributeValue) => universe.isKept(name, value);
  const values = valueClasses(tests.filter(understands).flatMap(valueTests), attribute, isKept);
  const marks: Marks = universe.isLasting(name) ? { name, lasting: true } : { name };
  const free = freeTests(marks);
  if (values === undefined) return free;
  const several = attribute === undefined || attribute.type === 'list';
  const formulas = several
    ? severalValues(marks, values, { valueTest, isList: attribute?.type === 'list' })
    : oneValue(marks, values, valueTest);
  return (test) => (understands(test) ? testFormula(test, formulas) : free(test));
}

/** The attribute as days, if it holds dates and some test compares them with the current time. Empty otherwise. */
export function daysOf({ name, tests, universe, valueTest }: TestedAttribute): readonly TestedDays[] {
  const attribute = universe.attribute(name);
  const all = tests.flatMap(valueTests);
  if (!holdsDays(attribute, tests) || !all.some(isRelative)) return [];
  const distinct = [...new Map(all.map((test) => [JSON.stringify(test), test])).values()];
  const options = attribute?.options && { options: attribute.options.map(({ value }) => value) };
  return [{ name, tests: distinct, valueTest, isKept: (value) => universe.isKept(name, value), ...options }];
}

/** The single-value tests inside this test. */
function valueTests({ present: _, not, ...test }: AttributeTest): readonly ValueTest[] {
  return [test, ...(not ? [not] : [])];
}

/** Every value is a day, and no pattern treats it as text. */
function holdsDays(attribute: Attribute | undefined, tests: readonly AttributeTest[]): boolean {
  const patterns = [attribute, ...tests.flatMap(valueTests)].flatMap((test) => test?.matches ?? []);
  return attribute?.type === 'date' && patterns.length === 0;
}

/** Bounds relative to the current time can be compared with each other only if every value is a day. */
function isUnderstood(test: AttributeTest, hasDays: boolean): boolean {
  return valueTests(test).every(
    (valueTest) =>
      (hasDays && !isRelative(valueTest)) || Object.keys(valueTest).every((member) => knownMembers.includes(member)),
  );
}

/** Follows the condition: an absent attribute passes `not` and `present: false`. */
function testFormula({ present, not, ...test }: AttributeTest, { passes, isPresent }: ValueFormulas): Formula {
  const needsValue = Object.keys(test).length > 0 || (present === undefined && not === undefined);
  return {
    all: [
      ...(present === undefined ? [] : [present ? isPresent : negated(isPresent)]),
      ...(not ? [negated(passes(not))] : []),
      ...(needsValue ? [passes(test)] : []),
    ],
  };
}

function freeTests({ name, ...marks }: Marks): FormulaOfTest {
  const variables = new Map<string, Variable>();
  return (test) => {
    const key = JSON.stringify(test);
    // A value may last, but not how it compares with the present.
    const marksOfTest = valueTests(test).some(isRelative) ? {} : marks;
    const variable = variables.get(key) ?? { ...truthVariable(`attributes.${name} ${key}`, undefined), ...marksOfTest };
    variables.set(key, variable);
    return isYes(variable);
  };
}

/** The members that all variables of one attribute share. */
type Marks = Pick<Variable, 'name' | 'lasting'>;

/** The attribute is absent or has exactly one value. */
function oneValue(marks: Marks, values: readonly ValueClass[], valueTest: CompileValueTest): ValueFormulas {
  const { name } = marks;
  const classes = values.map(({ value, isKept }) => (isKept ? { applyTo: withValue(name, () => value) } : {}));
  const all = [{ applyTo: (facts: UserFacts) => facts }, ...classes];
  const variable: Variable = { ...marks, name: `attributes.${name}`, classes: all };
  return {
    passes: (test) => {
      const holds = valueTest(test);
      return among(variable, (at) => at > 0 && holds(values[at - 1]?.value, 0));
    },
    isPresent: among(variable, (at) => at > 0),
  };
}

/**
 * The attribute has any number of values, and one of them must pass. Each class of values is present or not,
 * independently of the others.
 */
function severalValues(
  marks: Marks,
  values: readonly ValueClass[],
  { valueTest, isList }: { readonly valueTest: CompileValueTest; readonly isList: boolean },
): ValueFormulas {
  const { name } = marks;
  const variables = values.map(({ value, isKept }) => {
    const withOneMore = withValue(name, (before) =>
      before === undefined && !isList ? value : [before ?? [], value].flat(),
    );
    const variable = truthVariable(`attributes.${name} ${JSON.stringify(value)}`, isKept ? withOneMore : undefined);
    return { ...marks, ...variable };
  });
  return {
    passes: (test) => {
      const holds = valueTest(test);
      return { any: variables.filter((_, index) => holds(values[index]?.value, 0)).map(isYes) };
    },
    isPresent: { any: variables.map(isYes) },
  };
}

function withValue(name: string, change: (before: unknown) => unknown): (facts: UserFacts) => UserFacts {
  return ({ subject, ...facts }) => {
    const profile = { ...subject.profile, [name]: change(subject.profile[name]) };
    return { ...facts, subject: { ...subject, profile } };
  };
}

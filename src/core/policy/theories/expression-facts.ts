/** What an expression says of single facts, as formulas of the conditions that say the same. */
import type { Attribute, AttributeType } from '../../model/attribute.ts';
import type {
  AttributeLogic,
  CompiledExpression,
  ConditionSet,
  ExpressionLogic,
  ValueTest,
} from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { logicIn } from './logic-at-app.ts';
import {
  type Formula,
  isYes,
  negated,
  type OpaquePart,
  type OtherConditions,
  truthVariable,
  type Universe,
  type UserFacts,
  type Variable,
} from './theory.ts';

/** An expression holds, does not hold, or fails. Each formula may hold in more facts than that, and never in fewer. */
export interface ExpressionOutcomes {
  readonly holds: Formula;
  readonly misses: Formula;
  readonly fails: Formula;
}

/** The part cannot fail. */
export const never: Formula = { any: [] };

/** The schema of attributes, and whether zones have the names that expressions give them. */
export type ProfileSchema = Pick<Universe, 'attribute' | 'isLasting' | 'areZonesAsWritten'>;

/** It never fails. */
export function sure(holds: Formula): ExpressionOutcomes {
  return { holds, misses: negated(holds), fails: never };
}

/** It fails if what it reads is not there. */
function ifThere(there: Formula, holds: Formula): ExpressionOutcomes {
  return { holds, misses: { all: [there, negated(holds)] }, fails: negated(there) };
}

type FactLogic = Exclude<
  ExpressionLogic,
  | { readonly all: readonly ExpressionLogic[] }
  | { readonly any: readonly ExpressionLogic[] }
  | { readonly not: ExpressionLogic }
  | { readonly from: Seconds }
>;

interface FactOutcomes {
  readonly outcomes: (logic: FactLogic) => ExpressionOutcomes;
  readonly opaqueParts: () => readonly OpaquePart[];
}

export function factOutcomes(
  universe: ProfileSchema & Pick<Universe, 'clientIds'>,
  { sets, formulaOf }: OtherConditions,
  conditions: readonly CompiledExpression[],
): FactOutcomes {
  const variables = new Map<string, Variable>();
  const opaque = new Map<string, OpaquePart>();
  const yes = (make: () => Variable, key: string): Formula => {
    const variable = variables.get(key) ?? make();
    variables.set(key, variable);
    return isYes(variable);
  };
  const opaquePart = (text: string): OpaquePart => {
    const part = conditions.find(({ partOf }) => partOf !== undefined)?.partOf?.(text);
    const marks = part?.reads.every((path) => isLastingFact(path, universe)) ? { lasting: true as const } : {};
    const holds = { ...truthVariable(`expression ${text}`, (facts) => facts), ...marks };
    const fails = { ...truthVariable(`expression ${text} fails`, undefined), ...marks };
    return { text, holds, fails, ...(part && { part }) };
  };
  const ofText = (text: string): ExpressionOutcomes => {
    const known = opaque.get(text) ?? opaquePart(text);
    opaque.set(text, known);
    const holds = isYes(known.holds);
    return { holds, misses: negated(holds), fails: isYes(known.fails) };
  };
  const types = [...new Set(sets.flatMap(({ userType }) => [userType?.any ?? [], userType?.none ?? []].flat()))];
  const hasType = (): Formula => {
    const other = () => ({ ...truthVariable('expression user.userType', withAnyType), lasting: true as const });
    return { any: [formulaOf({ userType: { any: types } }), yes(other, 'has(user.userType)')] };
  };
  const hasValue = (name: string): Formula => {
    const present = formulaOf({ attributes: { [name]: { present: true } } });
    if (universe.attribute(name)?.type !== 'list') return present;
    const empty = (): Variable => ({
      ...truthVariable(`expression ${name}`, withEmptyList(name)),
      ...(universe.isLasting(name) && { lasting: true }),
    });
    return { any: [present, yes(empty, `has(user.profile.${name})`)] };
  };
  const appOutcomes = ({ ofApp }: Extract<FactLogic, { readonly ofApp: unknown }>): ExpressionOutcomes => {
    const results = Map.groupBy(universe.clientIds, ofApp);
    const isAmong = (result: ReturnType<typeof ofApp>) => formulaOf({ apps: { any: results.get(result) ?? [] } });
    return { holds: isAmong('hit'), misses: isAmong('miss'), fails: results.has('error') ? isAmong('error') : never };
  };
  const outcomes = (logic: FactLogic): ExpressionOutcomes => {
    if ('when' in logic) return sure(formulaOf(logic.when));
    if ('ofApp' in logic) return appOutcomes(logic);
    if ('userType' in logic) {
      const { userType } = logic;
      return userType === 'any' ? sure(hasType()) : ifThere(hasType(), formulaOf({ userType: { any: userType } }));
    }
    if (!('zones' in logic || 'attribute' in logic) || isOpaquePart(logic, universe)) return ofText(logic.text);
    if ('zones' in logic) return sure(formulaOf({ network: { any: logic.zones } }));
    const { attribute, test } = logic;
    const there = hasValue(attribute);
    return test === undefined ? sure(there) : ifThere(there, formulaOf({ attributes: { [attribute]: test } }));
  };
  return { outcomes, opaqueParts: () => [...opaque.values()] };
}

const lastingFacts = ['user.id', 'user.groups', 'user.userType', 'user.createdAt'];

/** Whether only administrators can change what the path reads. */
function isLastingFact(path: string, { isLasting }: ProfileSchema): boolean {
  const name = path.startsWith(profile) ? path.slice(profile.length) : undefined;
  return name === undefined ? lastingFacts.includes(path) : isLasting(name);
}

const profile = 'user.profile.';

/** An empty list is there, and has no members. */
function withEmptyList(name: string): (facts: UserFacts) => UserFacts {
  return ({ subject, ...facts }) => ({
    ...facts,
    subject: { ...subject, profile: { ...subject.profile, [name]: subject.profile[name] ?? [] } },
  });
}

/** A type that no rule names, if the user has none. */
function withAnyType({ subject, ...facts }: UserFacts): UserFacts {
  return { ...facts, subject: { ...subject, userType: subject.userType ?? 'example' } };
}

/** The other conditions that the theory of these expressions asks about. */
export function conditionsWithin(
  conditions: readonly CompiledExpression[],
  universe: ProfileSchema & Pick<Universe, 'clientIds' | 'isOneApp'>,
): readonly ConditionSet[] {
  const within = (logic: ExpressionLogic): readonly ConditionSet[] => {
    if ('all' in logic) return logic.all.flatMap(within);
    if ('any' in logic) return logic.any.flatMap(within);
    if ('not' in logic) return within(logic.not);
    if ('when' in logic) return [logic.when];
    if ('ofApp' in logic) return [];
    if ('userType' in logic) return [{ userType: { any: logic.userType === 'any' ? [] : logic.userType } }];
    if (!('zones' in logic || 'attribute' in logic) || isOpaquePart(logic, universe)) return [];
    if ('zones' in logic) return [{ network: { any: logic.zones } }];
    const { attribute, test } = logic;
    return [{ present: true }, ...(test ? [test] : [])].map((wanted) => ({ attributes: { [attribute]: wanted } }));
  };
  return conditions.flatMap((condition) => within(logicIn(condition, universe)));
}

/** Whether a part of an expression is opaque: a mere text to the analysis. */
export function isOpaquePart(logic: ExpressionLogic, universe: ProfileSchema): boolean {
  if ('zones' in logic) return universe.areZonesAsWritten === undefined;
  return 'text' in logic && (!('attribute' in logic) || !isKnown(logic, universe));
}

/** The schema has the attribute, with a type that fits the comparison. */
function isKnown({ attribute: name, test, isMember }: AttributeLogic, { attribute }: ProfileSchema): boolean {
  const declared = attribute(name);
  if (declared === undefined || test === undefined) return declared !== undefined;
  return (declared.type === 'list') === (isMember !== undefined) && fits(test, declared);
}

const jsTypes: Partial<Readonly<Record<AttributeType, string>>> = { number: 'number', boolean: 'boolean' };

/** Patterns are not for days, which are compared as days. */
function fits({ equals, in: list = [], matches, before, after, ...bounds }: ValueTest, { type }: Attribute): boolean {
  const jsType = jsTypes[type] ?? 'string';
  const values = [...(equals === undefined ? [] : [equals]), ...list];
  return (
    values.every((value) => typeof value === jsType) &&
    (matches === undefined || (jsType === 'string' && type !== 'date')) &&
    ((before === undefined && after === undefined) || type === 'date') &&
    (Object.keys(bounds).length === 0 || type === 'number')
  );
}

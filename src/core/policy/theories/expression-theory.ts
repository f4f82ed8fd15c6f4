/**
 * The theory of the condition `expression`. Comparisons of the time with fixed moments are represented exactly, and so
 * is what another condition could ask. Any other part may hold or not, independently of everything else, but equal
 * texts have equal results.
 */
import type { Attribute, AttributeType } from '../../model/attribute.ts';
import type {
  AttributeLogic,
  CompiledExpression,
  ConditionSet,
  ExpressionLogic,
  ValueTest,
} from '../../model/conditions.ts';
import type { Seconds } from '../../model/facts.ts';
import { placedAt } from './day-moments.ts';
import {
  among,
  type ConditionPart,
  type Formula,
  isYes,
  negated,
  type OtherConditions,
  plainTime,
  truthVariable,
  type Universe,
  type UserFacts,
  type Variable,
} from './theory.ts';

/** An expression holds, does not hold, or fails. Each formula may hold in more facts than that, and never in fewer. */
interface Outcomes {
  readonly holds: Formula;
  readonly misses: Formula;
  readonly fails: Formula;
}

const always: Formula = { all: [] };
const never: Formula = { any: [] };

/** The schema of attributes. */
type Schema = Pick<Universe, 'attribute' | 'isLasting'>;

export function expressionTheory(
  conditions: readonly CompiledExpression[],
  universe: Schema & Pick<Universe, 'since'>,
  others: OtherConditions,
): (condition: CompiledExpression) => readonly ConditionPart[] {
  const { since = Number.NEGATIVE_INFINITY } = universe;
  const logics = conditions.map(({ logic }) => logic);
  const spans = spansBetween(logics.flatMap(momentsIn), since);
  const time = timeVariable(spans, since);
  const facts = factOutcomes(universe, others);
  const outcomesOf = (logic: ExpressionLogic): Outcomes => {
    if ('all' in logic) return ofAll(logic.all.map(outcomesOf));
    if ('any' in logic) return contrary(ofAll(logic.any.map((one) => contrary(outcomesOf(one)))));
    if ('not' in logic) return contrary(outcomesOf(logic.not));
    if ('from' in logic) return sure(among(time, (at) => (spans[at]?.from ?? 0) >= logic.from));
    return facts(logic);
  };
  return ({ logic }) => {
    const { holds, misses, fails } = outcomesOf(logic);
    return [{ path: [], formula: holds, ...(fails !== never && { misses, fails }) }];
  };
}

/** As in the Common Expression Language: what does not hold decides, even if another part fails. */
function ofAll(parts: readonly Outcomes[]): Outcomes {
  const failing = parts.filter(({ fails }) => fails !== never);
  return {
    holds: { all: parts.map(({ holds }) => holds) },
    misses: { any: parts.map(({ misses }) => misses) },
    fails:
      failing.length === 0
        ? never
        : {
            all: [
              { any: failing.map(({ fails }) => fails) },
              ...parts.map(({ holds, fails }) => ({ any: [holds, fails] })),
            ],
          },
  };
}

function contrary({ holds, misses, fails }: Outcomes): Outcomes {
  return { holds: misses, misses: holds, fails };
}

/** It never fails. */
function sure(holds: Formula): Outcomes {
  return { holds, misses: negated(holds), fails: never };
}

/** It fails if what it reads is not there. */
function ifThere(there: Formula, holds: Formula): Outcomes {
  return { holds, misses: { all: [there, negated(holds)] }, fails: negated(there) };
}

type FactLogic = Exclude<
  ExpressionLogic,
  | { readonly all: readonly ExpressionLogic[] }
  | { readonly any: readonly ExpressionLogic[] }
  | { readonly not: ExpressionLogic }
  | { readonly from: Seconds }
>;

function factOutcomes(universe: Schema, { sets, formulaOf }: OtherConditions): (logic: FactLogic) => Outcomes {
  const variables = new Map<string, Variable>();
  const yes = (make: () => Variable, key: string): Formula => {
    const variable = variables.get(key) ?? make();
    variables.set(key, variable);
    return isYes(variable);
  };
  const ofText = (text: string): Outcomes => {
    const holds = yes(() => truthVariable(`expression ${text}`, (facts) => facts), text);
    return { holds, misses: negated(holds), fails: always };
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
  return (logic) => {
    if ('when' in logic) return sure(formulaOf(logic.when));
    if ('userType' in logic) {
      const { userType } = logic;
      return userType === 'any' ? sure(hasType()) : ifThere(hasType(), formulaOf({ userType: { any: userType } }));
    }
    if (!('attribute' in logic) || !isKnown(logic, universe)) return ofText(logic.text);
    const { attribute, test } = logic;
    const there = hasValue(attribute);
    return test === undefined ? sure(there) : ifThere(there, formulaOf({ attributes: { [attribute]: test } }));
  };
}

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
export function conditionsWithin(conditions: readonly CompiledExpression[], universe: Schema): readonly ConditionSet[] {
  const within = (logic: ExpressionLogic): readonly ConditionSet[] => {
    if ('all' in logic) return logic.all.flatMap(within);
    if ('any' in logic) return logic.any.flatMap(within);
    if ('not' in logic) return within(logic.not);
    if ('when' in logic) return [logic.when];
    if ('userType' in logic) return [{ userType: { any: logic.userType === 'any' ? [] : logic.userType } }];
    if (!('attribute' in logic) || !isKnown(logic, universe)) return [];
    const { attribute, test } = logic;
    return [{ present: true }, ...(test ? [test] : [])].map((one) => ({ attributes: { [attribute]: one } }));
  };
  return conditions.flatMap(({ logic }) => within(logic));
}

/** The schema has the attribute, with a type that fits the comparison. */
function isKnown({ attribute: name, test, isMember }: AttributeLogic, { attribute }: Schema): boolean {
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

/**
 * Whether some part may fail. A failure denies (Law 4). Without a schema, each comparison with an attribute may, and
 * each with the user type.
 */
export function hasUnknownPart(logic: ExpressionLogic): boolean {
  if ('all' in logic) return logic.all.some(hasUnknownPart);
  if ('any' in logic) return logic.any.some(hasUnknownPart);
  if ('not' in logic) return hasUnknownPart(logic.not);
  return !('from' in logic || 'when' in logic);
}

/** Whether some part is a mere text to the analysis, whatever the schema is. */
export function hasTextPart(logic: ExpressionLogic): boolean {
  if ('all' in logic) return logic.all.some(hasTextPart);
  if ('any' in logic) return logic.any.some(hasTextPart);
  if ('not' in logic) return hasTextPart(logic.not);
  return 'text' in logic && !('attribute' in logic);
}

function momentsIn(logic: ExpressionLogic): readonly Seconds[] {
  if ('all' in logic) return logic.all.flatMap(momentsIn);
  if ('any' in logic) return logic.any.flatMap(momentsIn);
  if ('not' in logic) return momentsIn(logic.not);
  return 'from' in logic ? [logic.from] : [];
}

/** From its first second up to, but without, `to`. */
interface Span {
  readonly from: Seconds;
  readonly to: Seconds;
}

/** Spans of time within which no comparison changes. Spans that have passed are left out. */
function spansBetween(moments: readonly Seconds[], since: Seconds): readonly Span[] {
  const borders = [Number.NEGATIVE_INFINITY, ...new Set(moments), Number.POSITIVE_INFINITY].sort((a, b) => a - b);
  const spans = borders.slice(1).map((to, at) => ({ from: borders[at] ?? to, to }));
  return spans.filter(({ to }) => to > since);
}

function timeVariable(spans: readonly Span[], since: Seconds): Variable {
  const classes = spans.map(({ from, to }) => {
    const [first, last] = [Math.max(from, since), to - 1];
    const near = Math.min(Math.max(plainTime, first), last);
    return { place: placedAt(near, (now) => now >= first && now <= last) };
  });
  return { name: 'expression.now', order: 1, classes };
}

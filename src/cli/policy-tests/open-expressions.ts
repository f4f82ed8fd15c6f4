/** Expressions whose result a policy test leaves open, as they read facts that it does not state. */
import { otherValues } from '../../core/analysis/space/example-values.ts';
import type { CompiledExpression, ConditionResult, ExpressionLogic } from '../../core/model/conditions.ts';
import { locationKey } from '../../core/model/location-key.ts';
import type { RuleHead } from '../../core/model/policy.ts';
import { allOfAnywhere, oneOfAnywhere } from '../../core/policy/condition-result.ts';
import { compileConditions, conditionSets } from '../../core/policy/rules/condition-table.ts';
import { expressionParts } from '../../core/policy/rules/expression-parts.ts';
import type { Universe, UserFacts } from '../../core/policy/theories/theory.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';
import { isStatedBy } from './expression-facts-read.ts';

/** `unknown`: it depends on facts that the test leaves open. */
type ResultIn = (facts: UserFacts) => ConditionResult;

/** Locations of the rules with an expression that the test leaves open in these facts. */
export type OpenRules = (facts: UserFacts) => readonly string[];

export function openRules(rules: readonly RuleHead[], test: PolicyTest): OpenRules {
  const isStated = isStatedBy(test);
  const expressions = rules.flatMap((rule) =>
    expressionsOf(rule).map((expression) => ({
      key: locationKey(rule),
      resultIn: resultIn(expression.logic, expression, isStated),
    })),
  );
  return (facts) => expressions.flatMap(({ key, resultIn: result }) => (result(facts) === 'unknown' ? [key] : []));
}

function expressionsOf({ when }: RuleHead): readonly CompiledExpression[] {
  return conditionSets(when).flatMap(({ expression }) => expression ?? []);
}

/** As in the Common Expression Language: what does not hold decides, even if another part fails. */
function resultIn(
  logic: ExpressionLogic,
  expression: CompiledExpression,
  isStated: (path: string) => boolean,
): ResultIn {
  const within = (part: ExpressionLogic) => resultIn(part, expression, isStated);
  if ('all' in logic) {
    const parts = logic.all.map(within);
    return (facts) => allOfAnywhere(parts.map((part) => part(facts)));
  }
  if ('any' in logic) {
    const parts = logic.any.map(within);
    return (facts) => oneOfAnywhere(parts.map((part) => part(facts)));
  }
  if ('not' in logic) {
    const part = within(logic.not);
    return (facts) => contrary[part(facts)];
  }
  return partResult(logic, expression, isStated);
}

const contrary = { hit: 'miss', miss: 'hit', unknown: 'unknown', error: 'error' } as const;

type SinglePart = Exclude<
  ExpressionLogic,
  | { readonly all: readonly ExpressionLogic[] }
  | { readonly any: readonly ExpressionLogic[] }
  | { readonly not: ExpressionLogic }
>;

/** What the sign-ins that are tried differ in is known in each of them. */
function partResult(part: SinglePart, { partOf }: CompiledExpression, isStated: (path: string) => boolean): ResultIn {
  if ('from' in part) return ({ now }) => (now >= part.from ? 'hit' : 'miss');
  if ('ofApp' in part) return ({ request }) => part.ofApp(request.clientId);
  if ('when' in part) {
    const conditions = compileConditions(part.when);
    return (facts) => allOfAnywhere(conditions.map(({ test }) => test(facts)));
  }
  if ('userType' in part) return isStated('user.userType') ? (facts) => ofType(part.userType, facts) : () => 'unknown';
  const known = partOf?.(part.text);
  return known?.reads.every(isStated) ? known.evaluate : () => 'unknown';
}

function ofType(types: readonly string[] | 'any', { subject: { userType } }: UserFacts): ConditionResult {
  if (types === 'any') return userType === undefined ? 'miss' : 'hit';
  if (userType === undefined) return 'error';
  return types.includes(userType) ? 'hit' : 'miss';
}

/** What a test leaves open in expressions. */
export interface OtherFacts {
  /** Facts with another value of something that expressions read and the test does not state. */
  readonly others: (facts: UserFacts) => readonly UserFacts[];
  /** What each part that reads such a thing comes to. */
  readonly results: (facts: UserFacts) => readonly ConditionResult[];
}

export function otherFacts(rules: readonly RuleHead[], test: PolicyTest, universe: Universe): OtherFacts {
  const isStated = isStatedBy(test);
  const parts = rules
    .flatMap(expressionsOf)
    .flatMap(({ logic, partOf }) =>
      expressionParts(logic).flatMap((part) => ('text' in part && partOf ? [partOf(part.text)] : [])),
    )
    .filter(({ reads }) => !reads.every(isStated));
  const paths = [...new Set(parts.flatMap(({ reads }) => reads))].filter((path) => !isStated(path));
  const changes = paths.flatMap((path) => {
    const about = parts.filter(({ reads }) => reads.includes(path));
    const constants = { texts: about.flatMap(({ texts }) => texts), numbers: about.flatMap(({ numbers }) => numbers) };
    return otherValues(path, constants, universe);
  });
  return {
    others: (facts) => changes.map((change) => change(facts)),
    results: (facts) => parts.map(({ evaluate }) => evaluate(facts)),
  };
}

/** Which facts the expressions of rules read, beside those that other conditions could ask about. */
import type { AttributeSchema } from '../../core/model/attribute.ts';
import type { CompiledExpression, ConditionSet, ExpressionLogic } from '../../core/model/conditions.ts';
import type { PolicySet } from '../../core/policy/rules/compile.ts';
import { conditionsWithin, isOpaquePart, type ProfileSchema } from '../../core/policy/theories/expression-facts.ts';
import type { PolicyTest } from '../../policy/schema/policy-tests.ts';

/** A part of an expression without `&&`, `||` and `!`. */
type SinglePart = Exclude<
  ExpressionLogic,
  | { readonly all: readonly ExpressionLogic[] }
  | { readonly any: readonly ExpressionLogic[] }
  | { readonly not: ExpressionLogic }
>;

function singleParts(logic: ExpressionLogic): readonly SinglePart[] {
  if ('all' in logic) return logic.all.flatMap(singleParts);
  if ('any' in logic) return logic.any.flatMap(singleParts);
  return 'not' in logic ? singleParts(logic.not) : [logic];
}

/** The facts that the text of a part reads, e.g. `user.identifiers`. Undefined: they are not known. */
function readsOf(text: string, { partOf }: CompiledExpression): readonly string[] | undefined {
  return partOf?.(text).reads;
}

/** What rules ask about a sign-in. */
export interface AskedFacts {
  /** The conditions, and those that say what an expression says of a single fact. */
  readonly sets: readonly ConditionSet[];
  /** The facts that the other parts of expressions read. */
  readonly reads: ReadonlySet<string>;
}

export function askedFacts(sets: readonly ConditionSet[], { attributes }: AttributeSchema): AskedFacts {
  const schema: ProfileSchema = { attribute: (name) => attributes[name], isLasting: () => false };
  const expressions = sets.flatMap(({ expression }) => expression ?? []);
  const reads = expressions.flatMap((expression) =>
    singleParts(expression.logic).flatMap((part): readonly string[] => {
      if ('from' in part) return ['now'];
      return 'text' in part && isOpaquePart(part, schema) ? (readsOf(part.text, expression) ?? []) : [];
    }),
  );
  return { sets: [...sets, ...conditionsWithin(expressions, { ...schema, clientIds: [] })], reads: new Set(reads) };
}

/** Whether a rule compares something with the present. Ages are no such thing: a test says them as they were. */
export function asksTime({ enrollment }: PolicySet, { sets, reads }: AskedFacts): boolean {
  const bounds = sets.flatMap(({ attributes = {} }) =>
    Object.values(attributes).flatMap(({ not, ...test }) => [test.before, test.after, not?.before, not?.after]),
  );
  return (
    ['now', 'user.createdAt'].some((path) => reads.has(path)) ||
    sets.some(({ time }) => time !== undefined) ||
    bounds.some((bound) => bound !== undefined && 'fromNow' in bound) ||
    (enrollment?.rules.some(({ rule }) => rule.then.required.some(({ grace }) => grace && 'until' in grace)) ?? false)
  );
}

/**
 * Whether the test states a fact that expressions read, so that it is the same in all sign-ins that the test leaves
 * open. They differ in no `acr` values: without a word of them, the app asks for none.
 */
export function isStatedBy({ user, network, device, request, time }: PolicyTest): (path: string) => boolean {
  const isBrowserStated = (device?.userAgent ?? device?.platform ?? device?.os) !== undefined;
  const stated: Readonly<Record<string, boolean>> = {
    now: time !== undefined,
    'user.id': user?.id !== undefined,
    'user.identifiers': user?.identifiers !== undefined,
    'user.groups': user?.groups !== undefined && !user.groups.includes('*'),
    'user.userType': user?.userType !== undefined,
    'user.createdAt': user?.accountAge !== undefined && time !== undefined,
    // Zones without an address are those of any address in them.
    'network.ip': network?.ip !== undefined,
    'network.zones': network !== undefined,
    'device.known': (device?.known ?? device?.remembered) !== undefined,
    'device.platform': isBrowserStated,
    'device.os': isBrowserStated,
    'request.clientId': true,
    'request.scopes': request?.scopes !== undefined,
    'request.acrValues': true,
  };
  const attributes = Object.keys(user?.attributes ?? {}).map((name) => `user.profile.${name}`);
  return (path) => stated[path] ?? attributes.includes(path);
}

/**
 * The facts that the test does not state, and by which expressions may come to another result, or fail. A fact that has
 * no name here is `expression`.
 */
export function unstatedFacts(sets: readonly ConditionSet[], test: PolicyTest): readonly string[] {
  const isStated = isStatedBy(test);
  const read = sets.flatMap(({ expression }) =>
    (expression ? singleParts(expression.logic) : []).flatMap((part): readonly string[] => {
      if ('from' in part || 'when' in part || 'ofApp' in part) return [];
      if ('userType' in part) return ['user.userType'];
      return (expression && readsOf(part.text, expression)) ?? ['expression'];
    }),
  );
  return [...new Set(read)].filter((path) => !isStated(path));
}

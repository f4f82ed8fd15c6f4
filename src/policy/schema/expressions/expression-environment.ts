/**
 * What expressions (CEL, the Common Expression Language) may name, and how much of it: the variables, the functions and
 * the limits. An expression that keeps to it ends after a bounded number of steps, whatever its input is.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { AttributeType } from '../../../core/model/attribute.ts';
import { dateSpan } from '../../../core/policy/values/date-bound.ts';

/** By attribute: its type. `undefined`: a profile may hold any attribute, and nothing is known of its type. */
export type ExpressionAttributes = ReadonlyMap<string, AttributeType> | undefined;

/** The longest expression (UTF-16 units). */
export const longestExpression = 1000;

const limits = { maxAstNodes: 200, maxDepth: 24, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 8 };

/** They ask something of each member of a list. One within another would take the square of its length. */
export const macros: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);

/** Parts of a time, in UTC or in the zone that is given. */
export const timeParts: ReadonlySet<string> = new Set([
  'getFullYear',
  'getMonth',
  'getDate',
  'getDayOfWeek',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getDayOfYear',
]);

/** All that an expression may call. Without `matches`: its regular expressions can take exponential time. */
const functions: ReadonlySet<string> = new Set([
  ...macros,
  ...['has', 'size', 'date', 'timestamp', 'duration', 'int', 'double', 'string'],
  ...['startsWith', 'endsWith', 'contains', 'lowerAscii', 'upperAscii', 'trim', 'indexOf', 'substring'],
  ...timeParts,
]);

const celTypes: Readonly<Partial<Record<AttributeType, string>>> = {
  number: 'double',
  boolean: 'bool',
  list: 'list<string>',
};

const time = 'google.protobuf.Timestamp';

/** For running: values have the types that they have. */
export const untypedEnvironment = withDate(new Environment({ unlistedVariablesAreDyn: true, limits }));

/** For checking: every name and type is known, as far as the attribute schema says. */
export function typedEnvironment(attributes: ExpressionAttributes): Environment {
  const profile =
    attributes && Object.fromEntries(Array.from(attributes, ([name, type]) => [name, celTypes[type] ?? 'string']));
  const user = { id: 'string', identifiers: 'list<string>', groups: 'list<string>', userType: 'string' };
  return withDate(new Environment({ limits }))
    .registerVariable('user', { schema: { ...user, createdAt: time, profile: profile ?? 'map' } })
    .registerVariable('request', { schema: { clientId: 'string', scopes: 'list<string>', acrValues: 'list<string>' } })
    .registerVariable('network', { schema: { ip: 'string', zones: 'list<string>' } })
    .registerVariable('device', { schema: { known: 'bool', platform: 'string', os: 'string' } })
    .registerVariable('now', time);
}

/** `date("2027-01-31")`: its first second (UTC); a moment with an offset is itself. */
function withDate(environment: Environment): Environment {
  return environment.registerFunction(`date(string): ${time}`, (text: string) => {
    const span = dateSpan(text);
    if (span === undefined) throw new TypeError('no date');
    return new Date(span.from * 1000);
  });
}

/** A location in an expression (UTF-16 units from its beginning), and what is wrong there. */
export interface ExpressionFault {
  readonly offset: number;
  readonly message: string;
  /** It could take too long; otherwise it is no expression of this language. */
  readonly isTooDear?: true;
}

/** What is wrong with one node, whatever its type is. */
export interface NodeFault extends ExpressionFault {
  readonly node: ASTNode;
}

/** Calls that are not allowed, and tests of each member of a list within one another. */
export function forbiddenCalls(node: ASTNode, withinMacro = false): readonly NodeFault[] {
  const name = node.op === 'call' || node.op === 'rcall' ? node.args[0] : undefined;
  const isMacro = name !== undefined && macros.has(name);
  const inner = childrenOf(node).flatMap((child) => forbiddenCalls(child, withinMacro || isMacro));
  const fault = name === undefined ? undefined : callFault(name, withinMacro);
  return fault ? [{ node, offset: node.range.start, ...fault }, ...inner] : inner;
}

function callFault(name: string, withinMacro: boolean): Omit<ExpressionFault, 'offset'> | undefined {
  if (name === 'matches') {
    const message = '`matches` is not available, since it can take very long: use contains, startsWith';
    return { message, isTooDear: true };
  }
  if (!functions.has(name)) return { message: `\`${name}\` is not available` };
  if (!macros.has(name) || !withinMacro) return undefined;
  return { message: `\`${name}\` stands within another test of each member: it would take too long`, isTooDear: true };
}

/** `user.profile.department`, `user.groups`: the names that are read. Undefined: it is anything else. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return undefined;
  const base = pathOf(node.args[0]);
  return base === undefined ? undefined : `${base}.${node.args[1]}`;
}

/** The parts of a node, without names of fields and functions. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  return nodesIn(node.op === 'value' ? [] : node.args);
}

function nodesIn(value: unknown): readonly ASTNode[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn);
  return typeof value === 'object' && value !== null && 'op' in value ? [value as ASTNode] : [];
}

/**
 * What an expression asks of one fact, where a condition asks the same: attributes, groups, the user type, scopes,
 * zones, apps and devices, compared with constants.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { AttributeLogic, ExpressionLogic, ValueTest } from '../../../core/model/conditions.ts';
import { dateSpan } from '../../../core/policy/values/date-bound.ts';
import { operatingSystems, platforms } from '../../model/platforms.ts';
import { constantOf } from './constants.ts';
import { pathOf } from './expression-environment.ts';
import { textOfNode } from './expression-text.ts';
import { boundAt } from './moments.ts';

/** Undefined: no condition asks the same. */
export function factLogic(node: ASTNode): ExpressionLogic | undefined {
  switch (node.op) {
    case '.':
      return isTrue(node);
    case 'call':
      return isPresent(node);
    case 'rcall':
      return matchesPart(node) ?? hasMember(node);
    case '==':
      return isEqual(node.args, node);
    case '!=': {
      const equal = isEqual(node.args, { ...node, op: '==' });
      return equal && { not: equal };
    }
    case 'in':
      return isIn(node.args, node);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return compared(node);
    default:
      return undefined;
  }
}

type Comparison = ASTNode & { readonly op: '<' | '<=' | '>' | '>=' };
type Pair = readonly [left: ASTNode, right: ASTNode];

/** `user.profile.remote`, `device.known`. */
function isTrue(node: ASTNode): ExpressionLogic | undefined {
  const path = pathOf(node);
  if (path === 'device.known') return { when: { device: { known: true } } };
  return ofAttribute(path, { test: { equals: true } }, node);
}

/** `has(user.profile.department)`, `has(user.userType)`. */
function isPresent(node: ASTNode & { readonly op: 'call' }): ExpressionLogic | undefined {
  const [name, [asked, ...others]] = node.args;
  const path = name === 'has' && asked && others.length === 0 ? pathOf(asked) : undefined;
  return path === 'user.userType' ? { userType: 'any' } : ofAttribute(path, {}, node);
}

const patterns: Readonly<Record<string, (text: string) => string>> = {
  startsWith: (text) => `${text}*`,
  endsWith: (text) => `*${text}`,
  contains: (text) => `*${text}*`,
};

/** `user.profile.mail.endsWith("@example.org")`. A star in the text would be any run of characters. */
function matchesPart(node: ASTNode & { readonly op: 'rcall' }): ExpressionLogic | undefined {
  const [name, of, [part, ...others]] = node.args;
  const pattern = Object.hasOwn(patterns, name) ? patterns[name] : undefined;
  const text = part && others.length === 0 ? constantIn(part) : undefined;
  if (pattern === undefined || typeof text !== 'string' || text === '' || text.includes('*')) return undefined;
  return text.isWellFormed() ? ofAttribute(pathOf(of), { test: { matches: pattern(text) } }, node) : undefined;
}

function isEqual([left, right]: Pair, node: ASTNode): ExpressionLogic | undefined {
  const [of, other] = pathOf(left) === undefined ? [right, left] : [left, right];
  const value = constantIn(other);
  return isConstant(value) ? isOneOf(pathOf(of), [value], node) : undefined;
}

/** `user.groups.exists(g, g == "staff")`, `user.profile.sites.exists(s, s in ["north", "south"])`. */
function hasMember(node: ASTNode & { readonly op: 'rcall' }): ExpressionLogic | undefined {
  const [name, of, [member, asked, ...others]] = node.args;
  if (name !== 'exists' || member?.op !== 'id' || asked === undefined || others.length > 0) return undefined;
  const values = comparedWith(member.args, asked);
  return values?.every((value) => typeof value === 'string') ? hasAnyOf(pathOf(of), values, node) : undefined;
}

/** The constants that the name is compared with. */
export function comparedWith(name: string, asked: ASTNode): readonly unknown[] | undefined {
  if (asked.op !== '==' && asked.op !== 'in') return undefined;
  const [left, right] = asked.args;
  const isLeft = left.op === 'id' && left.args === name;
  if (asked.op === 'in') {
    const list = isLeft ? constantIn(right) : undefined;
    return Array.isArray(list) ? list : undefined;
  }
  const isRight = right.op === 'id' && right.args === name;
  return isLeft || isRight ? [constantIn(isLeft ? right : left)] : undefined;
}

function hasAnyOf(list: string | undefined, members: readonly string[], node: ASTNode): ExpressionLogic | undefined {
  if (list === 'user.groups') return { when: { groups: { any: members } } };
  if (list === 'request.scopes') return { when: { scopes: { any: members } } };
  if (list === 'network.zones') return { zones: members, text: textOfNode(node) };
  if (members.some((member) => member.includes('*'))) return undefined;
  return ofAttribute(list, { test: amongThese(members), isMember: true }, node);
}

/** `"staff" in user.groups`, `user.profile.department in ["hr", "it"]`. */
function isIn([left, right]: Pair, node: ASTNode): ExpressionLogic | undefined {
  const [member, list] = [constantIn(left), pathOf(right)];
  if (typeof member === 'string') return hasAnyOf(list, [member], node);
  const values = constantIn(right);
  return Array.isArray(values) && values.every(isConstant) ? isOneOf(pathOf(left), values, node) : undefined;
}

function isOneOf(path: string | undefined, values: readonly Constant[], node: ASTNode): ExpressionLogic | undefined {
  const texts = values.filter((value) => typeof value === 'string');
  if (path === 'device.known') return knownLogic(values);
  if (!isOther(path)) {
    // A star in a text would be any run of characters.
    return texts.some((text) => text.includes('*')) ? undefined : ofAttribute(path, { test: amongThese(values) }, node);
  }
  if (texts.length < values.length) return undefined;
  if (path === 'user.userType') return { userType: texts };
  if (path === 'request.clientId') return { when: { apps: { any: texts } } };
  const platform = platforms.filter((family) => texts.includes(family));
  if (path === 'device.platform') return { when: { device: { platform } } };
  return { when: { device: { os: operatingSystems.filter((system) => texts.includes(system)) } } };
}

/** A profile holds no empty text. */
function amongThese(values: readonly Constant[]): ValueTest {
  return { in: values.filter((value) => value !== '') };
}

function isOther(path: string | undefined): boolean {
  const others = ['user.userType', 'request.clientId', 'device.platform', 'device.os'];
  return path !== undefined && others.includes(path);
}

function knownLogic(values: readonly Constant[]): ExpressionLogic | undefined {
  const [known, ...others] = values;
  return typeof known === 'boolean' && others.length === 0 ? { when: { device: { known } } } : undefined;
}

/** With a number, or of dates. */
function compared(node: Comparison): ExpressionLogic | undefined {
  const [left, right] = node.args as Pair;
  const isLeft = constantIn(right) !== undefined || attributeIn(left) !== undefined;
  const [of, other] = isLeft ? [left, right] : [right, left];
  const op = isLeft ? node.op : mirrored[node.op];
  const value = constantIn(other);
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number')
    return Number.isFinite(number) ? ofAttribute(pathOf(of), { test: { [numberTests[op]]: number } }, node) : undefined;
  const test = typeof value === 'string' ? comparedDays(op, value) : comparedMoments(op, other);
  const path = typeof value === 'string' ? pathOf(of) : attributeIn(of);
  if (test === undefined) return undefined;
  if (!test.isNot) return ofAttribute(path, { test: test.test }, node);
  const contrary = ofAttribute(path, { test: test.test }, { ...node, op: opposite[node.op] } as ASTNode);
  return contrary && { not: contrary };
}

const mirrored = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
const opposite = { '<': '>=', '<=': '>', '>': '<=', '>=': '<' } as const;
const numberTests = { '<': 'below', '<=': 'atMost', '>': 'above', '>=': 'atLeast' } as const;

interface DateTest {
  readonly test: ValueTest;
  /** The comparison holds if the test does not. */
  readonly isNot: boolean;
}

/** Texts of days are in the order of the days. */
function comparedDays(op: Comparison['op'], text: string): DateTest | undefined {
  const span = text.length === 10 ? dateSpan(text) : undefined;
  const bound = span && { written: text, ...span };
  if (bound === undefined) return undefined;
  return op === '<' || op === '>='
    ? { test: { before: bound }, isNot: op === '>=' }
    : { test: { after: bound }, isNot: op === '<=' };
}

/** A day begins at a moment or after it. Times are in whole seconds. */
function comparedMoments(op: Comparison['op'], node: ASTNode): DateTest | undefined {
  const after = boundAt(node, op === '>' || op === '<=' ? 1 : 0);
  return after && { test: { after }, isNot: op.startsWith('<') };
}

/** The path within `date(user.profile.contractEnd)`. */
function attributeIn(node: ASTNode): string | undefined {
  if (node.op !== 'call' || node.args[0] !== 'date') return undefined;
  const [of, ...others] = node.args[1];
  return of && others.length === 0 ? pathOf(of) : undefined;
}

/** Undefined: the path is not that of an attribute. */
function ofAttribute(
  path: string | undefined,
  asked: Pick<AttributeLogic, 'test' | 'isMember'>,
  node: ASTNode,
): AttributeLogic | undefined {
  if (!path?.startsWith(profile)) return undefined;
  return { attribute: path.slice(profile.length), ...asked, text: textOfNode(node) };
}

const profile = 'user.profile.';

type Constant = string | number | boolean;

function isConstant(value: unknown): value is Constant {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

/** What a part is that reads no facts. */
export function constantIn(node: ASTNode): unknown {
  const constant = constantOf(node);
  return constant && 'value' in constant ? constant.value : undefined;
}

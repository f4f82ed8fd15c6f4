/**
 * All faults of names and types in an expression. The type checker of CEL ends at the first one, so that the parts of
 * what is faulty are checked one by one.
 */
import { type ASTNode, type Environment, ParseError } from '@marcbachmann/cel-js';
import { isConstant } from './constants.ts';
import { childrenOf, type ExpressionFault, macros } from './expression-environment.ts';
import { textOfNode } from './expression-text.ts';

export interface CheckedParts {
  readonly environment: Environment;
  /** Nodes with another fault: they get no second one. */
  readonly told: ReadonlySet<ASTNode>;
  readonly messageOf: (error: Error | undefined) => string;
}

/** Of an expression that can be parsed, the innermost ones. */
export function typeFaults(ast: ASTNode, parts: CheckedParts): readonly ExpressionFault[] {
  return faultsIn(ast, parts, textOfNode) ?? [];
}

/** The text of a node, where the names that it uses are known. */
type TextOf = (node: ASTNode) => string;

/** Undefined: there are none. Empty: another finding reports the fault. */
function faultsIn(node: ASTNode, parts: CheckedParts, textOf: TextOf): readonly ExpressionFault[] | undefined {
  const { valid, error } = parts.environment.check(textOf(node));
  if (valid || error instanceof ParseError) return undefined;
  const inner = partsOf(node, parts.environment, textOf).map(([part, own]) => faultsIn(part, parts, own));
  if (parts.told.has(node) || inner.some((faults) => faults !== undefined))
    return inner.flatMap((found) => found ?? []);
  return [{ offset: offsetOf(node), message: parts.messageOf(error) }];
}

/** `has(user.usertype)`: to the type checker, whatever is asked for may be absent, also what can never be there. */
export function absentFaults(ast: ASTNode, parts: CheckedParts): readonly ExpressionFault[] {
  return absentIn(ast, parts, textOfNode);
}

function absentIn(node: ASTNode, parts: CheckedParts, textOf: TextOf): readonly ExpressionFault[] {
  const asked = node.op === 'call' && node.args[0] === 'has' ? node.args[1][0] : undefined;
  if (asked === undefined)
    return partsOf(node, parts.environment, textOf).flatMap(([part, own]) => absentIn(part, parts, own));
  return faultsIn(asked, parts, textOf) ?? [];
}

const withoutMembers: ReadonlySet<string> = new Set(['google.protobuf.Timestamp', 'google.protobuf.Duration']);

/** `now.x`: to the type checker, a time may have any member. */
export function memberFaults(ast: ASTNode, parts: CheckedParts): readonly ExpressionFault[] {
  return membersIn(ast, parts, textOfNode);
}

function membersIn(node: ASTNode, parts: CheckedParts, textOf: TextOf): readonly ExpressionFault[] {
  const inner = partsOf(node, parts.environment, textOf).flatMap(([part, own]) => membersIn(part, parts, own));
  if (parts.told.has(node) || (node.op !== '.' && node.op !== '[]')) return inner;
  const [base, member] = node.args;
  // Another finding reports what fails in every sign-in.
  if (!withoutMembers.has(typeOf(base, parts, textOf)) || isConstant(base)) return inner;
  const name = typeof member === 'string' ? member : textOfNode(member);
  return [...inner, { offset: offsetOf(node), message: parts.messageOf(new Error(`No such key: ${name}`)) }];
}

/** Within a test of each member of a list, the text is about all of them. */
function typeOf(node: ASTNode, { environment }: CheckedParts, textOf: TextOf): string {
  const { type = '' } = environment.check(textOf(node));
  return textOf === textOfNode ? type : type.replace(/^list<(.*)>$/, '$1');
}

/** A test of each member of a list names the member. Where the list is faulty, a member may be of any type. */
function partsOf(
  node: ASTNode,
  environment: Environment,
  textOf: TextOf,
): readonly (readonly [part: ASTNode, textOf: TextOf])[] {
  const within = (part: ASTNode) => [part, textOf] as const;
  // It may bring names, and is not available.
  if (node.op === 'rcall' && node.args[0] === 'bind') return [];
  if (node.op !== 'rcall' || !macros.has(node.args[0])) return childrenOf(node).map(within);
  const [, list, [member, ...tests]] = node.args;
  if (member?.op !== 'id') return [within(list)];
  const known = environment.check(textOf(list)).valid ? list : environment.parse('dyn([])').ast;
  const ofMember = (test: ASTNode) => textOf({ ...node, op: 'rcall', args: ['map', known, [member, test]] } as ASTNode);
  return [within(list), ...tests.map((test) => [test, ofMember] as const)];
}

/** Of a field that is read: its name. */
function offsetOf({ op, args, range }: ASTNode): number {
  return op === '.' ? range.end - args[1].length : range.start;
}

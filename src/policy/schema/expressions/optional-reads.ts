/** Where an expression reads what a user may not have, and where `has()` says that it is there. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { childrenOf } from './expression-environment.ts';

interface OptionalRead {
  readonly node: ASTNode;
  /** Such as `user.profile.department`. */
  readonly name: string;
}

/** Those before which nothing says that it is there: they may fail. */
export function readsWithoutGuard(ast: ASTNode): readonly OptionalRead[] {
  return readsIn(ast, new Set());
}

function readsIn(node: ASTNode, guarded: ReadonlySet<string>): readonly OptionalRead[] {
  const name = optionalName(node);
  if (name !== undefined) {
    return guarded.has(name) ? [] : [{ node, name }];
  }
  if (node.op === 'call' && node.args[0] === 'has') return [];
  if (node.op === '&&' || node.op === '||') {
    const [left, right] = node.args;
    const known = node.op === '&&' ? namesIfTrue(left) : namesIfFalse(left);
    return [...readsIn(left, guarded), ...readsIn(right, new Set([...guarded, ...known]))];
  }
  if (node.op === '?:') {
    const [condition, yes, no] = node.args;
    return [
      ...readsIn(condition, guarded),
      ...readsIn(yes, new Set([...guarded, ...namesIfTrue(condition)])),
      ...readsIn(no, new Set([...guarded, ...namesIfFalse(condition)])),
    ];
  }
  return childrenOf(node).flatMap((child) => readsIn(child, guarded));
}

/** `user.profile.department`, `user.userType`. */
export function optionalName(node: ASTNode): string | undefined {
  if (node.op !== '.') return undefined;
  const [base, field] = node.args;
  if (base.op === 'id' && base.args === 'user' && field === 'userType') return 'user.userType';
  return base.op === '.' && base.args[1] === 'profile' && isUserPart(base) ? `user.profile.${field}` : undefined;
}

/** What is there when the node is true. */
function namesIfTrue(node: ASTNode): readonly string[] {
  if (node.op === 'call' && node.args[0] === 'has')
    return node.args[1].flatMap((argument) => optionalName(argument) ?? []);
  if (node.op === '&&') return node.args.flatMap(namesIfTrue);
  return node.op === '!_' ? namesIfFalse(node.args) : [];
}

/** What is there when the node is false. */
function namesIfFalse(node: ASTNode): readonly string[] {
  if (node.op === '||') return node.args.flatMap(namesIfFalse);
  return node.op === '!_' ? namesIfTrue(node.args) : [];
}

/** The user, or the profile. */
export function isUserPart(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'user';
  return node.op === '.' && node.args[1] === 'profile' && isUserPart(node.args[0]);
}

/** What a part of an expression reads and compares: an analysis makes up facts in which it holds, or does not. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ExpressionPart } from '../../../core/model/conditions.ts';
import { childrenOf, macros, pathOf } from './expression-environment.ts';

/** Each fact and each constant once. Undefined: it cannot be read. */
export function examinedPart(ast: ASTNode | undefined): Omit<ExpressionPart, 'evaluate'> {
  const values = ast ? constantsIn(ast) : [];
  return {
    reads: [...new Set(ast ? pathsIn(ast) : [])],
    texts: [...new Set(values.filter((value) => typeof value === 'string'))],
    numbers: [...new Set(values.filter((value) => Number.isFinite(value)).map(Number))],
  };
}

/** The outermost names: `user.profile.nickname`, not `user.profile` beside it. A member of a list is none. */
export function pathsIn(node: ASTNode, members: readonly string[] = []): readonly string[] {
  const path = pathOf(node);
  if (path !== undefined) return members.includes(path) ? [] : [path];
  if (node.op !== 'rcall' || !macros.has(node.args[0]))
    return childrenOf(node).flatMap((child) => pathsIn(child, members));
  const [, list, [member, ...tests]] = node.args;
  const within = member?.op === 'id' ? [...members, member.args] : members;
  return [...pathsIn(list, members), ...tests.flatMap((test) => pathsIn(test, within))];
}

function constantsIn(node: ASTNode): readonly unknown[] {
  if (node.op !== 'value') return childrenOf(node).flatMap(constantsIn);
  return [typeof node.args === 'bigint' ? Number(node.args) : node.args];
}

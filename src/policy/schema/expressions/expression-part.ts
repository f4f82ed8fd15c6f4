/** What a part of an expression reads and compares: an analysis makes up facts in which it holds, or does not. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ExpressionPart } from '../../../core/model/conditions.ts';
import { childrenOf, pathOf } from './environment.ts';

/** Each fact and each constant once. Undefined: it cannot be read. */
export function examinedPart(ast: ASTNode | undefined): Omit<ExpressionPart, 'evaluate'> {
  const values = ast ? constantsIn(ast) : [];
  return {
    reads: [...new Set(ast ? pathsIn(ast) : [])],
    texts: [...new Set(values.filter((value) => typeof value === 'string'))],
    numbers: [...new Set(values.filter((value) => Number.isFinite(value)).map(Number))],
  };
}

/** The outermost names: `user.profile.nickname`, and not `user.profile`, too. */
function pathsIn(node: ASTNode): readonly string[] {
  const path = pathOf(node);
  return path === undefined ? childrenOf(node).flatMap(pathsIn) : [path];
}

function constantsIn(node: ASTNode): readonly unknown[] {
  if (node.op !== 'value') return childrenOf(node).flatMap(constantsIn);
  return [typeof node.args === 'bigint' ? Number(node.args) : node.args];
}

/** What an expression says, as far as the analysis takes it apart: its logic, and comparisons with constants. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ExpressionLogic } from '../../../core/model/conditions.ts';
import { appLogic } from './app-logic.ts';
import { constantOf } from './constants.ts';
import { deviceLogic } from './device-logic.ts';
import { textOfNode } from './expression-text.ts';
import { factLogic } from './fact-logic.ts';
import { momentOf } from './moments.ts';

/** Equals the expression wherever it can be evaluated. */
export function expressionLogic(node: ASTNode): ExpressionLogic {
  switch (node.op) {
    case '&&':
      return { all: node.args.map(expressionLogic) };
    case '||':
      return { any: node.args.map(expressionLogic) };
    case '!_':
      return { not: expressionLogic(node.args) };
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparedWithNow(node.op, node.args) ?? factLogic(node) ?? otherLogic(node);
    default:
      return factLogic(node) ?? otherLogic(node);
  }
}

/** The logic of all other nodes: always true or always false, as `1 == 2` is, and otherwise either. */
function otherLogic(node: ASTNode): ExpressionLogic {
  const constant = constantOf(node);
  if (constant === undefined || !('value' in constant) || typeof constant.value !== 'boolean')
    return appLogic(node) ?? deviceLogic(node) ?? { text: textOfNode(node) };
  return constant.value ? { all: [] } : { any: [] };
}

/** `now < date("2027-01-31")`. The time is in whole seconds. */
function comparedWithNow(
  op: '<' | '<=' | '>' | '>=',
  [left, right]: readonly [ASTNode, ASTNode],
): ExpressionLogic | undefined {
  const isNowLeft = left.op === 'id' && left.args === 'now';
  const isNowRight = right.op === 'id' && right.args === 'now';
  const moment = isNowLeft ? momentOf(right) : isNowRight ? momentOf(left) : undefined;
  if (moment === undefined) return undefined;
  // As if `now` stood on the left.
  const isLater = isNowLeft === op.startsWith('>');
  const isWithin = op.endsWith('=');
  const from = isLater === isWithin ? moment : moment + 1;
  return isLater ? { from } : { not: { from } };
}

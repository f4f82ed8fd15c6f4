/** Parts of an expression that are the same for every sign-in: their values, and those that can only fail. */

import type { ASTNode } from '@marcbachmann/cel-js';
import { dateSpan } from '../../../core/policy/values/date-bound.ts';
import {
  childrenOf,
  type ExpressionFault,
  forbiddenCalls,
  timeParts,
  untypedEnvironment,
} from './expression-environment.ts';
import { textOfNode } from './expression-text.ts';

type Constant = { readonly value: unknown } | { readonly failure: string };

/** The result of the node, whatever the facts are. Undefined: it reads some, or could take long. */
export function constantOf(node: ASTNode): Constant | undefined {
  return isConstant(node) && forbiddenCalls(node).length === 0 ? resultOf(node) : undefined;
}

/** It names nothing that is read. */
export function isConstant(node: ASTNode): boolean {
  return node.op !== 'id' && childrenOf(node).every(isConstant);
}

function resultOf(node: ASTNode): Constant {
  try {
    return { value: untypedEnvironment.evaluate(textOfNode(node)) as unknown };
  } catch (error) {
    const [failure = ''] = (error instanceof Error ? error.message : '').split('\n');
    return { failure };
  }
}

/** The innermost parts that fail in every sign-in, such as `duration("30d")` and `now.getHours("Europe/Viena")`. */
export function constantFaults(node: ASTNode): readonly ExpressionFault[] {
  const inner = childrenOf(node).flatMap(constantFaults);
  const failure = inner.length > 0 ? undefined : failureOf(node);
  if (failure === undefined) return inner;
  const message = `has \`${textOfNode(node)}\`, which can only fail: ${hintFor(node) ?? failure}`;
  return [{ offset: node.range.start, message }];
}

function failureOf(node: ASTNode): string | undefined {
  if (node.op === 'value') return undefined;
  const constant = noSuchDay(node) ?? constantOf(node) ?? likeConstant(node);
  return constant && 'failure' in constant ? constant.failure : undefined;
}

/** `timestamp("2027-02-30T00:00:00Z")` is 2 March for the interpreter: a slip, and not what a rule is to say. */
function noSuchDay(node: ASTNode): Constant | undefined {
  if (node.op !== 'call' || node.args[0] !== 'timestamp') return undefined;
  const [text] = node.args[1];
  if (text?.op !== 'value' || typeof text.args !== 'string' || !/^\d{4}-\d{2}-\d{2}T/.test(text.args)) return undefined;
  return dateSpan(text.args.slice(0, 10)) ? undefined : { failure: 'there is no such day' };
}

const anyMoment = untypedEnvironment.parse('timestamp("2027-01-15T08:00:00Z")').ast;

/** Fails for some values of what it reads only if it fails for all of them: then it is as good as constant. */
function likeConstant(node: ASTNode): Constant | undefined {
  if (node.op === '/' || node.op === '%') {
    const divisor = constantOf(node.args[1]);
    return divisor && 'value' in divisor && divisor.value === 0n ? { failure: 'division by zero' } : undefined;
  }
  if (node.op !== 'rcall') return undefined;
  const [name, , given] = node.args;
  // With a zone they are parts of a time, and of no duration.
  if (!timeParts.has(name) || given.length !== 1 || !given.every(isConstant)) return undefined;
  return resultOf({ ...node, args: [name, anyMoment, given] } as ASTNode);
}

/** What to write instead, where CEL says less. */
function hintFor(node: ASTNode): string | undefined {
  const name = node.op === 'call' ? node.args[0] : undefined;
  if (name === 'duration') return 'its units are h, m and s, such as duration("720h") for 30 days';
  if (name === 'timestamp') return 'it takes a time such as 2027-01-31T18:00:00Z; date("2027-01-31") takes a day';
  return name === 'date' ? 'it takes a day such as 2027-01-31, or a time such as 2027-01-31T18:00:00Z' : undefined;
}

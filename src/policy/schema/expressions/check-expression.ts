/** Finds faults of an expression before it is used, and attributes that it reads although they may be absent. */
import {
  type ASTNode,
  type Environment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import { childrenOf, type ExpressionFault, forbiddenCalls } from './environment.ts';

/** By the environment of `typedEnvironment`. Empty: it is a condition that can be evaluated. */
export function expressionFaults(written: string, environment: Environment): readonly ExpressionFault[] {
  try {
    const { ast } = environment.parse(written);
    const forbidden = [...forbiddenCalls(ast), ...indexedUsers(ast)];
    if (forbidden.length > 0) return forbidden;
    const { valid, type, error } = environment.check(written);
    if (!valid) return [faultOf(error)];
    if (type === 'bool' || type === 'dyn') return [];
    return [{ offset: 0, message: `must say whether the rule applies (bool), and is a ${type}` }];
  } catch (error) {
    if (error instanceof ParseError || error instanceof TypeFault || error instanceof EvaluationError)
      return [faultOf(error)];
    throw error;
  }
}

function faultOf(error: ParseError | TypeFault | EvaluationError | undefined): ExpressionFault {
  const [message = ''] = (error?.message ?? '').split('\n');
  return { offset: error?.range?.start ?? 0, message: `is no expression that can be evaluated: ${hint(message)}` };
}

/** The most common mistake. */
function hint(message: string): string {
  return message.includes('double') && message.includes('int')
    ? `${message} (attributes are of type double: write 3.0 for 3)`
    : message;
}

/** `user["profile"]`: what it reads cannot be checked. */
function indexedUsers(node: ASTNode): readonly ExpressionFault[] {
  const inner = childrenOf(node).flatMap(indexedUsers);
  if (node.op !== '[]' || !isUserPart(node.args[0])) return inner;
  return [{ offset: node.range.start, message: 'reads the user by an index: write user.profile.name' }, ...inner];
}

function isUserPart(node: ASTNode): boolean {
  if (node.op === 'id') return node.args === 'user';
  return node.op === '.' && node.args[1] === 'profile' && isUserPart(node.args[0]);
}

/** What may be absent and is read where nothing says that it is there: the rule would deny who has none. */
export function unguardedReads(written: string, environment: Environment): readonly ExpressionFault[] {
  return unguardedIn(environment.parse(written).ast, new Set());
}

function unguardedIn(node: ASTNode, guarded: ReadonlySet<string>): readonly ExpressionFault[] {
  const name = optionalName(node);
  if (name !== undefined) {
    const message = `reads ${name}, which may be absent, and then the rule denies: put has(${name}) && before it`;
    return guarded.has(name) ? [] : [{ offset: node.range.start, message }];
  }
  if (node.op === 'call' && node.args[0] === 'has') return [];
  if (node.op === '&&' || node.op === '||') {
    const [left, right] = node.args;
    const known = node.op === '&&' ? namesIfTrue(left) : namesIfFalse(left);
    return [...unguardedIn(left, guarded), ...unguardedIn(right, new Set([...guarded, ...known]))];
  }
  if (node.op === '?:') {
    const [condition, yes, no] = node.args;
    return [
      ...unguardedIn(condition, guarded),
      ...unguardedIn(yes, new Set([...guarded, ...namesIfTrue(condition)])),
      ...unguardedIn(no, new Set([...guarded, ...namesIfFalse(condition)])),
    ];
  }
  return childrenOf(node).flatMap((child) => unguardedIn(child, guarded));
}

/** `user.profile.department`, `user.userType`. */
function optionalName(node: ASTNode): string | undefined {
  if (node.op !== '.') return undefined;
  const [base, field] = node.args;
  if (base.op === 'id' && base.args === 'user' && field === 'userType') return 'user.userType';
  return base.op === '.' && base.args[1] === 'profile' && isUserPart(base) ? `user.profile.${field}` : undefined;
}

/** What is there when the node is true. */
function namesIfTrue(node: ASTNode): readonly string[] {
  if (node.op === 'call' && node.args[0] === 'has') return node.args[1].flatMap((one) => optionalName(one) ?? []);
  if (node.op === '&&') return node.args.flatMap(namesIfTrue);
  return node.op === '!_' ? namesIfFalse(node.args) : [];
}

/** What is there when the node is false. */
function namesIfFalse(node: ASTNode): readonly string[] {
  if (node.op === '||') return node.args.flatMap(namesIfFalse);
  return node.op === '!_' ? namesIfTrue(node.args) : [];
}

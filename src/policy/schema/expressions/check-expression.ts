/** Finds faults of an expression before it is used, attributes that it reads, and times that it names. */
import {
  type ASTNode,
  type Environment,
  EvaluationError,
  ParseError,
  TypeError as TypeFault,
} from '@marcbachmann/cel-js';
import type { Seconds } from '../../../core/model/facts.ts';
import { constantFaults } from './constants.ts';
import {
  childrenOf,
  type ExpressionFault,
  forbiddenCalls,
  type NodeFault,
  untypedEnvironment,
} from './expression-environment.ts';
import { momentOf } from './moments.ts';
import { isUserPart, optionalName, readsWithoutGuard } from './optional-reads.ts';
import { absentFaults, memberFaults, typeFaults } from './type-faults.ts';

/**
 * The faults of an expression, in the order of the text; of one that cannot be parsed, the first. Empty: it is a
 * condition that can be evaluated. `environment`: by `typedEnvironment`.
 */
export function expressionFaults(written: string, environment: Environment): readonly ExpressionFault[] {
  try {
    const { ast } = environment.parse(written);
    const told = [...forbiddenCalls(ast), ...indexedUsers(ast)];
    const { valid, type, error } = environment.check(written);
    const faults = told.map(({ node: _, ...fault }): ExpressionFault => fault);
    const parts = { environment, told: new Set(told.map(({ node }) => node)), messageOf };
    const others = [...absentFaults(ast, parts), ...memberFaults(ast, parts), ...constantFaults(ast)];
    if (valid) return inOrder([...faults, ...otherThanBool(type), ...others]);
    faults.push(...typeFaults(ast, parts));
    if (faults.length === 0) return [faultOf(error)];
    // Of what has a wrong type, that is told alone.
    const locations = new Set(faults.map(({ offset }) => offset));
    return inOrder([...faults, ...others.filter(({ offset }) => !locations.has(offset))]);
  } catch (error) {
    if (error instanceof ParseError || error instanceof TypeFault || error instanceof EvaluationError)
      return [faultOf(error)];
    throw error;
  }
}

function inOrder(faults: readonly ExpressionFault[]): readonly ExpressionFault[] {
  return faults.toSorted((one, other) => one.offset - other.offset);
}

function otherThanBool(type: string | undefined): readonly ExpressionFault[] {
  if (type === 'bool' || type === 'dyn') return [];
  return [{ offset: 0, message: `must say whether the rule applies (bool), and is a ${type}` }];
}

function faultOf(error: ParseError | TypeFault | EvaluationError | undefined): ExpressionFault {
  return { offset: error?.range?.start ?? 0, message: messageOf(error) };
}

function messageOf(error: Error | undefined): string {
  const [message = ''] = (error?.message ?? '').split('\n');
  return `is no expression that can be evaluated: ${hint(message)}`;
}

/** The most common mistake. */
function hint(message: string): string {
  return message.includes('double') && message.includes('int')
    ? `${message} (attributes are of type double: write 3.0 for 3)`
    : message;
}

/** `user["profile"]`: what it reads cannot be checked. */
function indexedUsers(node: ASTNode): readonly NodeFault[] {
  const inner = childrenOf(node).flatMap(indexedUsers);
  if (node.op !== '[]' || !isUserPart(node.args[0])) return inner;
  return [{ node, offset: node.range.start, message: 'reads the user by an index: write user.profile.name' }, ...inner];
}

/** What may be absent and is read where nothing says that it is there: the rule would deny who has none. */
export function unguardedReads(written: string, environment: Environment): readonly ExpressionFault[] {
  return readsWithoutGuard(environment.parse(written).ast).map(({ node, name }) => {
    const message = `reads ${name}, which may be absent, and then the rule denies: put has(${name}) && before it`;
    return { offset: node.range.start, message };
  });
}

/** A location in an expression (UTF-16 units from its beginning), and what it names. */
export interface ExpressionLocation {
  readonly offset: number;
  readonly name: string;
}

/** The attributes of the profile that it reads or asks for. An expression that cannot be read has none. */
export function attributesRead(written: string): readonly ExpressionLocation[] {
  return nodesOf(written).flatMap((node) => {
    const name = optionalName(node);
    return name?.startsWith('user.profile.')
      ? [{ offset: node.range.start, name: name.slice('user.profile.'.length) }]
      : [];
  });
}

/** `now < date("2027-01-31")`: the moments (epoch seconds) up to which a part of it holds. */
export function endsOf(written: string): readonly (ExpressionLocation & { readonly until: Seconds })[] {
  return nodesOf(written).flatMap((node) => {
    if (node.op !== '<' && node.op !== '<=' && node.op !== '>' && node.op !== '>=') return [];
    const [left, right] = node.args;
    const [earlier, later] = node.op.startsWith('<') ? [left, right] : [right, left];
    const until = momentOf(later);
    if (until === undefined || earlier.op !== 'id' || earlier.args !== 'now') return [];
    return [{ offset: node.range.start, name: written.slice(later.range.start, later.range.end), until }];
  });
}

function nodesOf(written: string): readonly ASTNode[] {
  const within = (node: ASTNode): readonly ASTNode[] => [node, ...childrenOf(node).flatMap(within)];
  try {
    return within(untypedEnvironment.parse(written).ast);
  } catch (error) {
    if (error instanceof ParseError) return [];
    throw error;
  }
}

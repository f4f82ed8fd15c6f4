/**
 * What an expression compares the client id of the app with: `user.profile.nickname == request.clientId`. It comes to
 * the same for all apps whose id is in none of these texts.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { isRead } from '../../../core/policy/rules/expression-parts.ts';
import { isConstant } from './constants.ts';
import { childrenOf, macros, pathOf } from './expression-environment.ts';
import { pathsIn } from './expression-part.ts';

/** By the name of a member of a list that is tested: the list. */
type Members = ReadonlyMap<string, ASTNode>;

/** All are constants, or about the user alone. Undefined: the client id is read in another way, or not at all. */
export function partsComparedWithApp(ast: ASTNode): readonly ASTNode[] | undefined {
  return readsApp(ast) ? partsIn(ast, new Map()) : undefined;
}

function partsIn(node: ASTNode, members: Members): readonly ASTNode[] | undefined {
  if (!readsApp(node)) return [];
  if (pathOf(node) !== undefined || members.has('user') || members.has('request')) return undefined;
  const beside = sidesOf(node).find(([id, part]) => isClientId(id) && !readsApp(part))?.[1];
  if (beside) {
    const part = beside.op === 'id' ? (members.get(beside.args) ?? beside) : beside;
    return isOfUser(part) ? [part] : undefined;
  }
  const known = membersIn(node, members);
  const found = childrenOf(node).map((child) => partsIn(child, known));
  return found.every((parts) => parts !== undefined) ? found.flat() : undefined;
}

function readsApp(node: ASTNode): boolean {
  return isRead('request.clientId', pathsIn(node));
}

function isOfUser(node: ASTNode): boolean {
  return pathsIn(node).every((path) => path === 'user' || path.startsWith('user.'));
}

const partTests: ReadonlySet<string> = new Set(['startsWith', 'endsWith', 'contains']);

/** Comparisons that hold only if the first is in a text of the second. */
function sidesOf(node: ASTNode): readonly (readonly [ASTNode, ASTNode])[] {
  if (node.op === 'rcall' && partTests.has(node.args[0])) {
    const [, tested, [part]] = node.args;
    return part === undefined ? [] : [[part, tested]];
  }
  if (node.op === 'in') return [[node.args[0], node.args[1]]];
  if (node.op !== '==' && node.op !== '!=') return [];
  const [left, right] = node.args;
  return [
    [left, right],
    [right, left],
  ];
}

/** The client id, possibly with a constant before or after it: `request.clientId + "@example.com"`. */
function isClientId(node: ASTNode): boolean {
  if (pathOf(node) === 'request.clientId') return true;
  if (node.op !== '+') return false;
  const [left, right] = node.args;
  return (isClientId(left) && isConstant(right)) || (isConstant(left) && isClientId(right));
}

function membersIn(node: ASTNode, members: Members): Members {
  if (node.op !== 'rcall' || !macros.has(node.args[0])) return members;
  const [, list, [member]] = node.args;
  return member?.op === 'id' ? new Map([...members, [member.args, list]]) : members;
}

/** What an expression that reads the app says at one app: its client id is a constant there. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ExpressionLogic } from '../../../core/model/conditions.ts';
import { macros, pathOf, untypedEnvironment } from './expression-environment.ts';
import { expressionLogic } from './expression-logic.ts';
import { pathsIn } from './expression-part.ts';
import { textOfNode } from './expression-text.ts';

/** Undefined: it does not read the client id by its name. */
export function logicAtApp(node: ASTNode): ((clientId: string) => ExpressionLogic) | undefined {
  if (!pathsIn(node).includes('request.clientId')) return undefined;
  const known = new Map<string, ExpressionLogic>();
  return (clientId) => {
    const logic = known.get(clientId) ?? logicOf(textOfNode(withClientId(node, clientId)));
    known.set(clientId, logic);
    return logic;
  };
}

function logicOf(written: string): ExpressionLogic {
  return expressionLogic(untypedEnvironment.parse(written).ast);
}

/** What it has in place of the client id has the same value. `has(request.clientId)` takes no constant, and stays. */
function withClientId(node: ASTNode, clientId: string): ASTNode {
  if (pathOf(node) === 'request.clientId') return { ...node, op: 'value', args: clientId } as ASTNode;
  if (node.op === 'value' || (node.op === 'call' && node.args[0] === 'has')) return node;
  // A member of a list may be called `request`.
  if (node.op === 'rcall' && macros.has(node.args[0]) && pathOf(node.args[2][0] as ASTNode) === 'request') return node;
  return { ...node, args: replaced(node.args, (child) => withClientId(child, clientId)) } as ASTNode;
}

function replaced(value: unknown, change: (node: ASTNode) => ASTNode): unknown {
  if (Array.isArray(value)) return value.map((each) => replaced(each, change));
  return typeof value === 'object' && value !== null && 'op' in value ? change(value as ASTNode) : value;
}

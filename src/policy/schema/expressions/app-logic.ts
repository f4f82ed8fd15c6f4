/** What an expression asks of the app alone: it is known for each of them, as there are finitely many. */
import type { ASTNode, ParseResult } from '@marcbachmann/cel-js';
import type { ExpressionLogic } from '../../../core/model/conditions.ts';
import { forbiddenCalls, untypedEnvironment } from './expression-environment.ts';
import { pathsIn } from './expression-part.ts';
import { textOfNode } from './expression-text.ts';

/** Undefined: it reads something else, or nothing. */
export function appLogic(node: ASTNode): ExpressionLogic | undefined {
  const paths = pathsIn(node);
  if (paths.length === 0 || paths.some((path) => path !== 'request.clientId')) return undefined;
  if (forbiddenCalls(node).length > 0) return undefined;
  const text = textOfNode(node);
  let parsed: ParseResult | undefined;
  return {
    ofApp: (clientId) => {
      parsed ??= untypedEnvironment.parse(text);
      return resultFor(parsed, clientId);
    },
  };
}

function resultFor(run: ParseResult, clientId: string): 'hit' | 'miss' | 'error' {
  try {
    const value: unknown = run({ request: { clientId } });
    if (typeof value !== 'boolean') return 'error';
    return value ? 'hit' : 'miss';
  } catch {
    return 'error';
  }
}

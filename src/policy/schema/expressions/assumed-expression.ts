/** Expressions in which each opaque part is an attribute: users have it where the part holds. */
import type { ASTNode } from '@marcbachmann/cel-js';
import type { ExpressionLogic } from '../../../core/model/conditions.ts';
import { parseExpression } from './expression.ts';
import { longestExpression, untypedEnvironment } from './expression-environment.ts';
import { expressionLogic } from './expression-logic.ts';
import { textOfNode } from './expression-text.ts';

/** How to replace the parts of an expression. */
export interface Assumed {
  /** Whether the part is opaque. */
  readonly isOpaque: (logic: ExpressionLogic) => boolean;
  /** The attribute that users have where the part holds. */
  readonly attributeOf: (text: string) => string;
}

/** The expression itself if all of it is known. */
export function assumedExpression(written: string, { isOpaque, attributeOf }: Assumed): string {
  const whole = () => `has(user.profile.${attributeOf(written)})`;
  const ast = parseExpression(written)?.ast;
  if (ast === undefined) return whole();
  let isKnown = true;
  const assumed = (node: ASTNode): ASTNode => {
    if (node.op === '&&' || node.op === '||')
      return { ...node, args: [assumed(node.args[0]), assumed(node.args[1])] } as ASTNode;
    if (node.op === '!_') return { ...node, args: assumed(node.args) } as ASTNode;
    if (!isOpaqueWithin(expressionLogic(node), isOpaque)) return node;
    isKnown = false;
    return untypedEnvironment.parse(`has(user.profile.${attributeOf(textOfNode(node))})`).ast;
  };
  const text = textOfNode(assumed(ast));
  if (isKnown) return written;
  return text.length > longestExpression ? whole() : text;
}

/** A comparison is one part, or the contrary of one. */
function isOpaqueWithin(logic: ExpressionLogic, isOpen: Assumed['isOpaque']): boolean {
  return isOpen('not' in logic ? logic.not : logic);
}

/** What expressions say where rules decide about one app: what they compare with its client id is a constant there. */
import type { CompiledExpression, ExpressionLogic } from '../../model/conditions.ts';
import type { Universe } from './theory.ts';

/** The logic of the expression itself where there may be several apps. */
export function logicIn(
  { logic, partOf }: CompiledExpression,
  { clientIds: [clientId], isOneApp }: Pick<Universe, 'clientIds' | 'isOneApp'>,
): ExpressionLogic {
  if (isOneApp === undefined || clientId === undefined || partOf === undefined) return logic;
  const inPart = (part: ExpressionLogic): ExpressionLogic => {
    if ('all' in part) return { all: part.all.map(inPart) };
    if ('any' in part) return { any: part.any.map(inPart) };
    if ('not' in part) return { not: inPart(part.not) };
    const isText = 'text' in part && !('attribute' in part || 'zones' in part);
    return isText ? (partOf(part.text).atApp?.(clientId) ?? part) : part;
  };
  return inPart(logic);
}

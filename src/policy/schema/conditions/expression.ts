/** The condition `expression` as it is written in a file. Its content is checked with the attribute schema at hand. */
import { z } from 'zod';
import { compileExpression } from '../expressions/expression.ts';
import { longestExpression } from '../expressions/expression-environment.ts';

export const expressionSchema = z
  .string({ error: 'must be an expression in quotes' })
  .min(1, { error: 'must not be empty' })
  .max(longestExpression, { error: `must have at most ${longestExpression} characters` })
  .transform(compileExpression)
  .optional()
  .describe('A formula (CEL) over user, request, network, device and now that is true where the rule applies.');

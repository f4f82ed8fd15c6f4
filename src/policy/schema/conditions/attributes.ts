/** The condition `attributes` as it is written in a file. */
import { z } from 'zod';
import { closedNotEmpty, listOf } from '../fields.ts';

const attributeValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'must be a text, a number, true or false',
});

const attributeTest = closedNotEmpty({
  equals: attributeValue.optional().describe('The attribute has this very value.'),
  in: listOf(attributeValue).optional().describe('The attribute has one of these values.'),
  matches: z.string().min(1).optional().describe('`*` stands for any run of characters, everything else for itself.'),
});

export const attributesSchema = z
  .record(z.string().regex(/^[A-Za-z]\w{0,63}$/, { error: 'is not the name of an attribute' }), attributeTest)
  .refine((tests) => Object.keys(tests).length > 0, { error: 'says nothing: name an attribute' })
  .optional()
  .describe('Attributes of the profile; all of them must hold.');

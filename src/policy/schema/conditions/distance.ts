/** The condition `distance` as it is written in a file. */
import { z } from 'zod';
import { closed, eitherBound } from '../fields/fields.ts';

/** More than half of the circumference of the earth is no distance. */
const farthest = 20_000;

/** `500 km`; comes out as a number. */
export const kilometres = z
  .string({ error: 'must be kilometres, such as 500 km' })
  .regex(/^\d{1,5} ?km$/, { error: 'must be whole kilometres, such as 500 km' })
  .transform((text) => Number.parseInt(text, 10))
  .refine((number) => number >= 1 && number <= farthest, { error: `must be 1 km to ${farthest} km` });

export const distanceSchema = closed({
  within: kilometres.optional().describe('The nearest usual place is less than this far away.'),
  notWithin: kilometres
    .optional()
    .describe('The nearest usual place is at least this far away. An address whose place is not known matches, too.'),
})
  .transform(eitherBound)
  .optional()
  .describe('How far the address is from where the user usually signs in, by `networkData.country` (a City file).');

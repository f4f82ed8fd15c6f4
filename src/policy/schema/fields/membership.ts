/** Schemas of conditions that are lists of names. */
import type { z } from 'zod';
import { closedNotEmpty, listOf, text } from './fields.ts';

export const anyAllNone = (what: string) =>
  closedNotEmpty({
    any: listOf(text).optional().describe(`Holds when at least one of these ${what} is there.`),
    all: listOf(text).optional().describe(`Holds when all of these ${what} are there.`),
    none: listOf(text).optional().describe(`Holds when none of these ${what} is there.`),
  });

/** `item`: one of the names. */
export const anyNone = <Item extends z.ZodType>(what: string, item: Item) =>
  closedNotEmpty({
    any: listOf(item).optional().describe(`Holds for these ${what}.`),
    none: listOf(item).optional().describe(`Holds for all but these ${what}.`),
  });

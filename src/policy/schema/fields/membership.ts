/** Schemas of conditions that are lists of names. */
import { closedNotEmpty, listOf, text } from './fields.ts';

export const anyAllNone = (what: string) =>
  closedNotEmpty({
    any: listOf(text).optional().describe(`Holds when at least one of these ${what} is there.`),
    all: listOf(text).optional().describe(`Holds when all of these ${what} are there.`),
    none: listOf(text).optional().describe(`Holds when none of these ${what} is there.`),
  });

export const anyNone = (what: string) =>
  closedNotEmpty({
    any: listOf(text).optional().describe(`Holds for these ${what}.`),
    none: listOf(text).optional().describe(`Holds for all but these ${what}.`),
  });

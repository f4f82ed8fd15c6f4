/** Schemas of conditions that are lists of names. */
import type { z } from 'zod';
import { closedNotEmpty } from './fields.ts';

/** `list`: the schema of one list. */
export const anyAllNone = <List extends z.ZodType>(what: string, list: List) =>
  closedNotEmpty({
    any: list.optional().describe(`Holds when at least one of these ${what} is there.`),
    all: list.optional().describe(`Holds when all of these ${what} are there.`),
    none: list.optional().describe(`Holds when none of these ${what} is there.`),
  });

/** `list`: the schema of one list. */
export const anyNone = <List extends z.ZodType>(what: string, list: List) =>
  closedNotEmpty({
    any: list.optional().describe(`Holds for these ${what}.`),
    none: list.optional().describe(`Holds for all but these ${what}.`),
  });

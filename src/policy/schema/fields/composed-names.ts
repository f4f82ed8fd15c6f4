/** Names of groups and user types: they come out in the form in which they are compared, however they are written. */
import { z } from 'zod';
import { composedName, composedNames } from '../../../core/model/composed-name.ts';
import { listOf, text, whenSound } from './fields.ts';
import { laterCheck } from './later-check.ts';

const written = text.refine(
  laterCheck((name: string) => composedName(name) !== ''),
  { error: 'must not be empty' },
);

/** One name. */
export const composedText = written.transform(composedName);

/**
 * Without repeats, not empty. Two spellings of one name are an issue; of what an earlier release stored, one name.
 */
export const listOfNames = listOf(written)
  .refine(
    laterCheck((names: readonly string[]) => secondSpelling(names) === undefined),
    { error: ({ input }) => spelledTwice(secondSpelling(input as readonly string[]) ?? ''), when: whenSound },
  )
  .transform(composedNames);

/** Any number of them, and repeats do no harm. */
export const someNames = z.array(text).transform(composedNames);

/** A mapping whose keys are such names. */
export function recordByName<Item extends z.ZodType>(item: Item) {
  return z
    .record(written, item)
    .superRefine((items, context) => {
      const second = secondSpelling(Object.keys(items));
      if (second === undefined || isAccepted(second)) return;
      context.addIssue({ code: 'custom', path: [second], message: spelledTwice(second) });
    })
    .transform((items) =>
      Object.fromEntries(Object.entries(items).map(([name, value]) => [composedName(name), value])),
    );
}

/** In what an earlier release stored. */
const isAccepted = laterCheck((_second: string) => false);

/** The first name that is another spelling of one before it. */
function secondSpelling(names: readonly string[]): string | undefined {
  const forms = names.map(composedName);
  return names.find((_, at) => forms.indexOf(forms[at] as string) < at);
}

function spelledTwice(name: string): string {
  return `names \`${composedName(name)}\` twice, once in another spelling: with spaces around it, or decomposed (Unicode NFD)`;
}

/** Errors about the options of a command. */
import { StepgateError } from '../../../errors.ts';
import { unknownName } from '../../../policy/source/nearest-name.ts';

/** The options are invalid. The sentence gives the reason, and is all that the administrator sees. */
export function refusal(sentence: string): StepgateError {
  return new StepgateError('bad_request', sentence);
}

/** The name that equals the text. Throws a refusal with suggestions if there is none. */
export function knownName<Name extends string>(what: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw refusal(unknownName(what, text, names));
  return found;
}

/** The most that one page of a list may hold. */
export const maxLimit = 10_000;

/** The value of `--limit`. Throws a refusal if it is no number from 1 to `maxLimit`. */
export function parseLimit(text: string): number {
  const limit = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(limit <= maxLimit)) throw refusal(`--limit takes a number from 1 to ${maxLimit}, not ${text}; or use --all`);
  return limit;
}

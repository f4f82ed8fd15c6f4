/** Errors that are about the options of a command. */
import { StepgateError } from '../../errors.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';

/** The options make no sense. The sentence says why, and is all that the administrator sees. */
export function refusal(sentence: string): StepgateError {
  return new StepgateError('bad_request', sentence);
}

/** The one of the names that the text is. Throws a refusal that says what it could be. */
export function knownName<Name extends string>(what: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw refusal(unknownName(what, text, names));
  return found;
}

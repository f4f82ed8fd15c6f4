/** Errors about the options of a command. */
import { StepgateError } from '../../errors.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';

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

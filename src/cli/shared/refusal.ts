/** Errors that are about the options of a command. */
import { StepgateError } from '../../errors.ts';

/** The options make no sense. The sentence says why, and is all that the admin sees. */
export function refusal(sentence: string): StepgateError {
  return new StepgateError('bad_request', sentence);
}

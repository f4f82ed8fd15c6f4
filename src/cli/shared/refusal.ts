import { StepgateError } from '../../errors.ts';

/** What was asked for cannot be meant; the sentence says why, and is all that the admin sees. */
export function refusal(sentence: string): StepgateError {
  return new StepgateError('bad_request', sentence);
}

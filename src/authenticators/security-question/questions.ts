/**
 * The questions to choose from. They ask for facts that are in no profile or public register and do not change (OWASP
 * Choosing and Using Security Questions Cheat Sheet). The texts are in the message catalogues, by code:
 * `question.<code>`.
 */
import { suggestedAnswers } from './suggested-answers.ts';

/** By code, with answers that the question itself suggests, in the languages of the texts. Such answers are refused. */
export const securityQuestions: ReadonlyMap<string, readonly string[]> = new Map(
  (['stuffed_toy', 'maths_teacher', 'driving_instructor', 'school_trip', 'other_college'] as const).map((code) => [
    code,
    Object.values(suggestedAnswers).flatMap((words) => words[code]),
  ]),
);

/** The code of a question that the user writes. */
export const ownQuestion = 'custom';

/** Limits for a question that the user writes (characters). */
const shortest = 10;
const longest = 100;

/**
 * A question that the user writes, in displayed form. Undefined if it is too short, too long, or not one line of plain
 * text.
 */
export function readOwnQuestion(text: string): string | undefined {
  if (text.length > 1000 || !text.isWellFormed()) return undefined;
  const line = text.normalize('NFC').replace(/\s+/gu, ' ').trim();
  const { length } = [...line];
  const isPlain = !/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u.test(line);
  return isPlain && length >= shortest && length <= longest ? line : undefined;
}

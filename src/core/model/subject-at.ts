/** The record of a user, as it was at a time in the past. */
import type { Seconds, Subject } from './facts.ts';

/** Without a recovery that came later. What else changed since then is not on record. */
export function subjectAt(subject: Subject, time: Seconds): Subject {
  const { recovery, ...rest } = subject;
  return recovery === undefined || recovery.at <= time ? subject : rest;
}

/** The task of a page, and its answer as the script of the page finds it. */
import { createHash } from 'node:crypto';
import type { Page } from '../pages/user-agent.ts';

export interface Task {
  readonly challenge: string;
  readonly bits: number;
}

/** `undefined`: the page has no task. */
export function taskOf({ html }: Pick<Page, 'html'>): Task | undefined {
  const [, challenge, bits] = /data-work="([^"]+)" data-bits="(\d+)"/.exec(html) ?? [];
  return challenge === undefined ? undefined : { challenge, bits: Number(bits) };
}

/** The first number that fits, or that does not. */
export function answerOf(task: Task, fits = true): string {
  for (let number = 0; ; number += 1) if (answers(task, String(number)) === fits) return String(number);
}

/** A random answer fits one task in 2^bits. */
export function answers({ challenge, bits }: Task, answer: string): boolean {
  const digest = createHash('sha256').update(`${challenge}.${answer}`).digest();
  return digest.readUInt32BE(0) >>> (32 - bits) === 0;
}

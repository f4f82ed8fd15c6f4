/** The task of a page, and its answer as the script of the page finds it. */
import { createHash } from 'node:crypto';
import type { Page } from './user-agent.ts';

/** `undefined`: the page has no task. */
export function taskOf({
  html,
}: Pick<Page, 'html'>): { readonly challenge: string; readonly bits: number } | undefined {
  const [, challenge, bits] = /data-work="([^"]+)" data-bits="(\d+)"/.exec(html) ?? [];
  return challenge === undefined ? undefined : { challenge, bits: Number(bits) };
}

/** The numbers from `first` on, as many as there are until one fits or does not. */
export function answerOf({ challenge, bits }: NonNullable<ReturnType<typeof taskOf>>, fits = true): string {
  for (let number = 0; ; number += 1) {
    const digest = createHash('sha256').update(`${challenge}.${number}`).digest();
    if ((digest.readUInt32BE(0) >>> (32 - bits) === 0) === fits) return String(number);
  }
}

/** Moments in tests: determined by what came before and after, never by how long something took. */
import { expect } from '@jest/globals';

/** Now, in epoch seconds. */
export const moment = (): number => Math.floor(Date.now() / 1000);

/** `time` (epoch seconds) lies between this earlier moment and now. */
export function expectSince(began: number, time: unknown, now = moment()): void {
  expect(Number(time)).toBeGreaterThanOrEqual(began);
  expect(Number(time)).toBeLessThanOrEqual(now);
}

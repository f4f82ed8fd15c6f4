/** `reserve` on Redis, and the form of limits and reservations in its scripts. */
import { tightestLimits } from '../check-batch.ts';
import { type Limit, orphanLifetime, type Reservation } from '../store.ts';
import type { RedisLink } from './link.ts';

/** `orphan`: the entry that the counter belongs to does not exist. */
export function redisReserve({
  client,
  send,
  counterPrefix,
}: RedisLink): (counter: string, limits: readonly Limit[], orphan?: boolean) => Promise<Reservation> {
  return async (counter, limits, orphan = false) => {
    const arguments_ = [orphan ? orphanLifetime * 1000 : '', ...flatLimits(limits)];
    return readReservation(
      await send('reserve', () => client.stepgateReserve(1, counterPrefix + counter, ...arguments_)),
    );
  };
}

/** Limits in the order that the scripts read: limit, window and wait (0: none). */
export function flatLimits(limits: readonly Limit[]): readonly number[] {
  return tightestLimits(limits).flatMap(({ limit, window, wait = 0 }) => [limit, window, wait]);
}

export function readReservation(reply: unknown): Reservation {
  const [granted, remaining, retryAfter] = reply as readonly [number, number, number];
  return { granted: granted === 1, remaining, retryAfter };
}

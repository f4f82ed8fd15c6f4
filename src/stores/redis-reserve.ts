import { tightestLimits } from './check-batch.ts';
import type { RedisLink } from './redis-link.ts';
import type { Limit, Reservation, Store } from './store.ts';

export function redisReserve({ client, send, counterPrefix }: RedisLink): Store['reserve'] {
  return async (counter, limits) => {
    const flat = flatLimits(limits);
    return readReservation(await send('reserve', () => client.stepgateReserve(1, counterPrefix + counter, ...flat)));
  };
}

/** Limits as the scripts read them: pairs of limit and window. */
export function flatLimits(limits: readonly Limit[]): readonly number[] {
  return tightestLimits(limits).flatMap(({ limit, window }) => [limit, window]);
}

export function readReservation(reply: unknown): Reservation {
  const [granted, remaining, retryAfter] = reply as readonly [number, number, number];
  return { granted: granted === 1, remaining, retryAfter };
}

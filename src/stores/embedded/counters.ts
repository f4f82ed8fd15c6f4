/** Counters of attempts on the embedded store. */
import type { DatabaseSync } from 'node:sqlite';
import { tightestLimits } from '../check-batch.ts';
import { type Limit, orphanLifetime, type Reservation } from '../store.ts';

/**
 * Counts an attempt in all windows of a counter, or in none. `now` is in milliseconds. `orphan`: the entry that the
 * counter belongs to does not exist. Must run inside a write transaction.
 */
export type CountAttempt = (
  counter: string,
  limits: readonly Limit[],
  at: { readonly now: number; readonly orphan: boolean },
) => Reservation;

export function embeddedCounters(database: DatabaseSync): CountAttempt {
  const read = database.prepare('SELECT n, x FROM counters WHERE k=?1 AND w=?2 AND (x IS NULL OR x>?3)');
  const write = database.prepare(
    `INSERT INTO counters(k, w, n, x) VALUES(?1, ?2, ?3, ?4)
     ON CONFLICT(k, w) DO UPDATE SET n=excluded.n, x=excluded.x`,
  );

  return (counter, limits, { now, orphan }) => {
    const windows = tightestLimits(limits).map(({ limit, window, wait = 0 }) => {
      const row = read.get(counter, window, now);
      const endless = orphan ? now + orphanLifetime * 1000 : null;
      const count = Number(row?.n ?? 0);
      const opened = row === undefined ? now + window * 1000 : (row.x as number);
      const closes = wait > 0 && count === limit - 1 ? now + wait * 1000 : opened;
      return { limit, window, count, until: window === 0 ? endless : closes };
    });
    const full = windows.filter(({ count, limit }) => count >= limit);
    if (full.length > 0) {
      const waits = full.map(({ window, until }) =>
        window === 0 || until === null ? Infinity : Math.ceil((until - now) / 1000),
      );
      const longest = Math.max(...waits);
      return { granted: false, remaining: 0, retryAfter: longest === Infinity ? -1 : longest };
    }
    for (const { window, count, until } of windows) write.run(counter, window, count + 1, until);
    return {
      granted: true,
      remaining: Math.min(...windows.map(({ limit, count }) => limit - count - 1)),
      retryAfter: 0,
    };
  };
}

import type { DatabaseSync } from 'node:sqlite';
import { tightestLimits } from './check-batch.ts';
import type { Limit, Reservation } from './store.ts';

/** Counts an attempt in all windows of a counter, or in none. `now` in milliseconds; runs inside a write transaction. */
export type CountAttempt = (counter: string, limits: readonly Limit[], now: number) => Reservation;

export function embeddedCounters(database: DatabaseSync): CountAttempt {
  const read = database.prepare('SELECT n, x FROM counters WHERE k=?1 AND w=?2 AND (x IS NULL OR x>?3)');
  const write = database.prepare(
    `INSERT INTO counters(k, w, n, x) VALUES(?1, ?2, ?3, ?4)
     ON CONFLICT(k, w) DO UPDATE SET n=excluded.n, x=excluded.x`,
  );

  return (counter, limits, now) => {
    const windows = tightestLimits(limits).map(({ limit, window }) => {
      const row = read.get(counter, window, now);
      const opened = window === 0 ? null : now + window * 1000;
      return {
        limit,
        window,
        count: Number(row?.n ?? 0),
        until: row === undefined ? opened : (row.x as number | null),
      };
    });
    const full = windows.filter(({ count, limit }) => count >= limit);
    if (full.length > 0) {
      const waits = full.map(({ until }) => (until === null ? Infinity : Math.ceil((until - now) / 1000)));
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

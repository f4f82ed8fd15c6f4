/** Deletes expired entries from the embedded store, in small batches. */
import type { DatabaseSync } from 'node:sqlite';

/** Rows per batch. With 200 rows, a batch takes a few milliseconds on a table of half a million entries. */
const batch = 200;

/**
 * Deletes a batch of entries that have expired by `now` (ms). Call `due` first, so that an idle store writes nothing.
 */
export function embeddedSweep(database: DatabaseSync): {
  due(now: number): boolean;
  /** True if more may have expired. Must run inside a write transaction. */
  sweep(now: number): boolean;
} {
  const due = database.prepare(
    `SELECT EXISTS (SELECT 1 FROM entries WHERE x<=?1) OR EXISTS (SELECT 1 FROM counters WHERE x<=?1)
       OR EXISTS (SELECT 1 FROM sets WHERE x<=?1) AS due`,
  );
  const expiredMembers = database.prepare(
    `DELETE FROM members WHERE rowid IN (SELECT m.rowid FROM sets AS t JOIN members AS m ON m.s=t.id WHERE t.x<=?1 LIMIT ${batch})`,
  );
  const statements = [
    database.prepare(`DELETE FROM entries WHERE rowid IN (SELECT rowid FROM entries WHERE x<=?1 LIMIT ${batch})`),
    database.prepare(`DELETE FROM counters WHERE rowid IN (SELECT rowid FROM counters WHERE x<=?1 LIMIT ${batch})`),
    expiredMembers,
    database.prepare(
      `DELETE FROM sets WHERE id IN (SELECT id FROM sets WHERE x<=?1
         AND NOT EXISTS (SELECT 1 FROM members WHERE s=sets.id) LIMIT ${batch})`,
    ),
  ];
  return {
    due: (now) => Number(due.get(now)?.due) === 1,
    sweep: (now) => statements.map((statement) => Number(statement.run(now).changes)).some((count) => count === batch),
  };
}

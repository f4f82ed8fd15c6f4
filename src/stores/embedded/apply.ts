/** The operations of a batch on the embedded store: whether each one can be applied, and its statements. */
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Entry, Op } from '../store.ts';

/** Milliseconds since the epoch. */
type Millis = number;

export interface EmbeddedOps {
  /** Those of these entries that exist and have not expired. */
  entries(keys: readonly string[], now: Millis): ReadonlyMap<string, Entry>;
  /** Whether the operation can be applied to the present state. Writes nothing. */
  canApply(op: Op, now: Millis): boolean;
  apply(op: Op, now: Millis): void;
}

/** The operations of a batch as statements of one database. */
export function embeddedOps(database: DatabaseSync): EmbeddedOps {
  const entries = entryStatements(database);
  const sets = setStatements(database);
  const lines = lineStatements(database);
  const forgetCounter = database.prepare('DELETE FROM counters WHERE k=?');

  return {
    entries: (keys, now) => new Map(entries.readAll.all(JSON.stringify(keys), now).map(keyAndEntry)),
    canApply: (op, now) => canApply(entries, op, now),
    apply: (op, now) => applyOp({ entries, sets, lines, forgetCounter }, op, now),
  };
}

interface Statements {
  readonly entries: ReturnType<typeof entryStatements>;
  readonly sets: ReturnType<typeof setStatements>;
  readonly lines: ReturnType<typeof lineStatements>;
  readonly forgetCounter: StatementSync;
}

function keyAndEntry({ k, v, n, r, c }: Record<string, SQLOutputValue>): readonly [string, Entry] {
  const entry: Entry = { value: String(v), version: Number(n), refs: r === null ? [] : JSON.parse(String(r)) };
  return [String(k), c === null ? entry : { ...entry, consumed: Number(c) }];
}

function canApply({ read }: Statements['entries'], op: Op, now: Millis): boolean {
  switch (op.op) {
    case 'create':
      return read.get(op.key, now) === undefined;
    case 'update':
    case 'take':
      return read.get(op.key, now) !== undefined;
    case 'replace':
      return read.get(op.key, now)?.n === op.version;
    case 'consume':
      return read.get(op.key, now)?.c === null;
    case 'check': {
      const row = read.get(op.key, now);
      return row !== undefined && (op.version === undefined || row.n === op.version);
    }
    case 'put':
    case 'delete':
    case 'join':
    case 'leave':
    case 'reset':
    case 'append':
      return true;
  }
}

function applyOp({ entries, sets, lines, forgetCounter }: Statements, op: Op, now: Millis): void {
  switch (op.op) {
    case 'create':
      entries.create.run(op.key, op.value, refsColumn(op.refs), expiry(op.ttl, now));
      return;
    case 'replace':
    case 'put':
    case 'update':
      entries.write.run(op.key, op.value, refsColumn(op.refs), expiry(op.ttl, now), now);
      return;
    case 'take':
      entries.remove.run(op.key);
      return;
    case 'consume':
      entries.consume.run(op.key, Math.floor(now / 1000), now);
      return;
    case 'check':
      return;
    case 'delete':
      entries.remove.run(op.key);
      sets.remove(op.key);
      lines.remove(op.key);
      return;
    case 'join':
      sets.join(op, now);
      return;
    case 'leave':
      sets.leave(op.key, op.member);
      return;
    case 'reset':
      forgetCounter.run(op.counter);
      return;
    case 'append':
      lines.append(op.key, op.value, op.keep);
      return;
  }
}

function expiry(ttl: number | undefined, now: Millis): Millis | null {
  return ttl === undefined ? null : Math.round(now + ttl * 1000);
}

function refsColumn(refs: readonly string[] | undefined): string | null {
  return refs === undefined || refs.length === 0 ? null : JSON.stringify(refs);
}

function entryStatements(database: DatabaseSync) {
  return {
    read: database.prepare('SELECT v, n, r, c FROM entries WHERE k=?1 AND (x IS NULL OR x>?2)'),
    // One statement for all keys takes half of the time of one for each, from two keys on.
    readAll: database.prepare(
      'SELECT k, v, n, r, c FROM json_each(?1) CROSS JOIN entries ON k=value WHERE x IS NULL OR x>?2',
    ),
    create: database.prepare(
      `INSERT INTO entries(k, v, n, r, x) VALUES(?1, ?2, 1, ?3, ?4)
       ON CONFLICT(k) DO UPDATE SET v=excluded.v, n=1, r=excluded.r, c=NULL, x=excluded.x`,
    ),
    // An expired row that was not deleted yet must not pass its version or `consumed` on to the entry that replaces it.
    write: database.prepare(
      `INSERT INTO entries(k, v, n, r, x) VALUES(?1, ?2, 1, ?3, ?4)
       ON CONFLICT(k) DO UPDATE SET v=excluded.v, r=excluded.r, x=excluded.x,
         n=CASE WHEN x<=?5 THEN 1 ELSE n+1 END, c=CASE WHEN x<=?5 THEN NULL ELSE c END`,
    ),
    consume: database.prepare('UPDATE entries SET c=?2, n=n+1 WHERE k=?1 AND (x IS NULL OR x>?3)'),
    remove: database.prepare('DELETE FROM entries WHERE k=?'),
  };
}

function setStatements(database: DatabaseSync) {
  const find = database.prepare('SELECT id, x FROM sets WHERE k=?');
  const add = database.prepare('INSERT INTO sets(k, x) VALUES(?, ?)');
  const active = database.prepare('UPDATE sets SET x=? WHERE id=?');
  const drop = database.prepare('DELETE FROM sets WHERE id=?');
  const dropEmpty = database.prepare('DELETE FROM sets WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM members WHERE s=?1)');
  const addMember = database.prepare('INSERT OR IGNORE INTO members(s, m) VALUES(?, ?)');
  const dropMember = database.prepare('DELETE FROM members WHERE s=? AND m=?');
  const dropMembers = database.prepare('DELETE FROM members WHERE s=?');

  const remove = (key: string): void => {
    const set = find.get(key);
    if (set === undefined) return;
    dropMembers.run(Number(set.id));
    drop.run(Number(set.id));
  };
  const join = ({ key, member, ttl }: Extract<Op, { op: 'join' }>, now: Millis): void => {
    const until = expiry(ttl, now);
    let set = find.get(key);
    if (set !== undefined && set.x !== null && Number(set.x) <= now) {
      remove(key);
      set = undefined;
    }
    const id = Number(set === undefined ? add.run(key, until).lastInsertRowid : set.id);
    if (set !== undefined && set.x !== null && (until === null || until > Number(set.x))) active.run(until, id);
    addMember.run(id, member);
  };
  const leave = (key: string, member: string): void => {
    const set = find.get(key);
    if (set === undefined) return;
    dropMember.run(Number(set.id), member);
    dropEmpty.run(Number(set.id));
  };
  return { remove, join, leave };
}

function lineStatements(database: DatabaseSync) {
  const newest = database.prepare('SELECT max(s) AS s FROM lines WHERE k=?');
  const add = database.prepare('INSERT INTO lines(k, s, v) VALUES(?, ?, ?)');
  const trim = database.prepare('DELETE FROM lines WHERE k=? AND s<=?');
  const drop = database.prepare('DELETE FROM lines WHERE k=?');
  return {
    append(key: string, value: string, keep: number): void {
      const number = Number(newest.get(key)?.s ?? 0) + 1;
      add.run(key, number, value);
      if (number > keep) trim.run(key, number - keep);
    },
    remove(key: string): void {
      drop.run(key);
    },
  };
}

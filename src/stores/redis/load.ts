/** `load` on Redis: reads entries and what they refer to, and reserves an attempt in the same round trip. */

import { counterOf, type Entry, type LoadedEntries, type LoadOptions, orphanLifetime, type Store } from '../store.ts';
import type { RedisLink } from './link.ts';
import { flatLimits, readReservation, redisReserve } from './reserve.ts';
import { groupByTag, tagOf } from './slots.ts';

type Entries = Map<string, Entry | undefined>;
type Reserve = NonNullable<LoadOptions['reserve']>;

/** One script follows all references and makes the reservation. */
export function singleLoad({ client, send, prefix, counterPrefix }: RedisLink): Store['load'] {
  return async (keys, { reserve } = {}): Promise<LoadedEntries> => {
    const asked = askedKeys(keys, reserve);
    if (asked.length === 0) return { entries: new Map() };
    const full = asked.map((key) => prefix + key);
    if (reserve === undefined) {
      return { entries: readEntries(await send('load', () => client.stepgateLoad(full.length, ...full, prefix, ''))) };
    }
    const { of, name, when } = reserve;
    const limits = flatLimits(reserve.limits);
    const condition = [when?.key ?? '', when?.version ?? ''];
    const reply = await send('load', () =>
      client.stepgateLoadAndReserve(
        full.length,
        ...full,
        prefix,
        '',
        of,
        counterPrefix,
        name,
        ...condition,
        orphanLifetime * 1000,
        ...limits,
      ),
    );
    const [rows, counter, attempt] = reply as readonly [unknown, string?, unknown?];
    const entries = readEntries(rows);
    return counter === undefined ? { entries } : { entries, counter, reservation: readReservation(attempt) };
  };
}

/**
 * In hops: a script follows the references within its slot, and references to other slots are read in the next hop. The
 * attempt is reserved as soon as its owner is known, in parallel with further hops.
 */
export function clusterLoad(link: RedisLink): Store['load'] {
  const { client, send, prefix } = link;
  const reserveCounter = redisReserve(link);

  const hop = async (keys: readonly string[], entries: Entries): Promise<void> => {
    const replies = await Promise.all(
      groupByTag(keys, (key) => key).map((group) => {
        const full = group.map((key) => prefix + key);
        return send('load', () => client.stepgateLoad(full.length, ...full, prefix, tagOf(group[0] ?? '')));
      }),
    );
    for (const rows of replies) for (const [key, entry] of readEntries(rows)) entries.set(key, entry);
  };
  const followOn = async (entries: Entries): Promise<void> => {
    for (let next = unread(entries); next.length > 0; next = unread(entries)) await hop(next, entries);
  };
  const attempt = async (
    { of, name, limits, when }: Reserve,
    entries: Entries,
  ): Promise<Omit<LoadedEntries, 'entries'>> => {
    if (when !== undefined && entries.get(when.key)?.version !== when.version) return {};
    const owner = entries.get(of)?.refs[0] ?? of;
    if (!entries.has(owner)) await hop([owner], entries);
    const counter = counterOf(owner, name);
    return { counter, reservation: await reserveCounter(counter, limits, entries.get(owner) === undefined) };
  };

  return async (keys, { reserve } = {}): Promise<LoadedEntries> => {
    const entries: Entries = new Map();
    await hop(askedKeys(keys, reserve), entries);
    const [reserved] = await Promise.all([reserve && attempt(reserve, entries), followOn(entries)]);
    return { entries, ...reserved };
  };
}

function askedKeys(keys: readonly string[], reserve: Reserve | undefined): readonly string[] {
  if (reserve === undefined) return [...new Set(keys)];
  return [...new Set([...keys, reserve.of, ...(reserve.when === undefined ? [] : [reserve.when.key])])];
}

function unread(entries: Entries): readonly string[] {
  const refs = [...entries.values()].flatMap((entry) => entry?.refs ?? []);
  return [...new Set(refs)].filter((key) => !entries.has(key));
}

/** Reads the reply of the load scripts: rows of key, value, version, references, consumed. */
function readEntries(rows: unknown): Entries {
  return new Map((rows as readonly EntryRow[]).map((row) => [row[0], readEntry(row)]));
}

type EntryRow = readonly [key: string, value: string | null, version: string, refs: string, consumed: string | null];

function readEntry([, value, version, refs, consumed]: EntryRow): Entry | undefined {
  if (value === null) return undefined;
  return {
    value,
    version: Number(version),
    refs: refs === '' ? [] : JSON.parse(refs),
    ...(consumed === null ? {} : { consumed: Number(consumed) }),
  };
}

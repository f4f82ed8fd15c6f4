/**
 * What the comparison with a draft came to, in the store: totals, and for each user for whom something would have
 * changed, what. Bounded, whatever happens; nodes add to it by compare and swap.
 */
import {
  type DecisionChange,
  type DecisionDifference,
  differenceKey,
} from '../../core/analysis/comparison/compare-decisions.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import {
  shadowKey,
  shadowKeyOfUser,
  shadowTotalsKey,
  shadowUserDigest,
  shadowUserKey,
  shadowUsersKey,
} from '../../stores/keys.ts';
import type { Entry, Op, Store } from '../../stores/store.ts';
import { parseShadow } from './shadow-draft.ts';

/** What a draft may ask about that is not known of a sign-in. */
export type UnknownToShadow = 'device' | 'risk' | 'distance' | 'lastSignIn';

export interface ShadowTotals {
  /** Of the draft. */
  readonly id: string;
  readonly signIns: number;
  readonly tokens: number;
  /** By client id, how many differed how. `*`: apps beyond the limit. */
  readonly byApp: Readonly<Record<string, Readonly<Partial<Record<DecisionChange, number>>>>>;
  /** How many were left out, by what the draft asks about and is not known of them. */
  readonly leftOut: Readonly<Partial<Record<UnknownToShadow, number>>>;
  /** Comparisons that failed, and those for which a node had no time. */
  readonly failed: number;
  readonly dropped: number;
  /** Users with a record, and sign-ins for which there was no room. */
  readonly users: number;
  readonly unrecorded: number;
  /** What would have changed for sign-ins in which the user had not identified. */
  readonly unidentified: readonly UnidentifiedDifference[];
  /** The revisions that were active. */
  readonly firstRevision: number;
  readonly lastRevision: number;
}

/** A difference that was seen, with an example of it. */
export interface SeenDifference extends DecisionDifference {
  /** The last time (epoch seconds). */
  readonly at: Seconds;
  /** The reference of that sign-in. */
  readonly transaction?: string;
  readonly zones: readonly string[];
  /** Zones of which it was not known. Absent: none. */
  readonly unknownZones?: readonly string[];
}

/** One that was seen in sign-ins in which the user had not identified, with their number. */
export interface UnidentifiedDifference extends SeenDifference {
  readonly signIns: number;
}

/** What would have changed for one user. */
export interface ShadowUser {
  readonly id: string;
  readonly seen: readonly SeenDifference[];
}

/** One comparison. */
export interface ShadowComparison extends SeenDifference {
  /** Id of the user. Absent: the user had not identified. */
  readonly subject?: string;
  /** That was active. */
  readonly revision: number;
}

/** What a node has to add. */
export interface ShadowBatch {
  readonly compared: readonly ShadowComparison[];
  /** Of each sign-in that was left out, what is not known. */
  readonly leftOut: readonly UnknownToShadow[];
  readonly failed: number;
  readonly dropped: number;
}

/** Most users, apps, and differences of one user and without a user that are kept apart. */
const limits = { users: 10_000, apps: 500, differences: 20, unidentified: 100 };

const ttl = keyTable['shadow-totals'].lifetime.seconds;

/** How often another node may be faster. */
const rounds = 8;

/** Adds it, unless the draft is another one by now. Rejects with `StoreUnavailable`. False: others were faster. */
export async function recordShadow(store: Store, id: string, batch: ShadowBatch): Promise<boolean> {
  const differing = batch.compared.filter(({ change }) => change !== 'none');
  const keys = [...new Set(differing.flatMap(({ subject }) => (subject ? shadowKeyOfUser(subject) : [])))];
  for (let round = 0; round < rounds; round += 1) {
    const { entries } = await store.load([shadowKey, shadowTotalsKey, ...keys]);
    const draft = entries.get(shadowKey);
    if (draft === undefined || parseShadow(draft.value).id !== id) return true;
    if ((await store.commit(opsOf(id, { ...batch, entries, differing }))).ok) return true;
  }
  return false;
}

interface Loaded extends ShadowBatch {
  readonly entries: ReadonlyMap<string, Entry | undefined>;
  readonly differing: readonly ShadowComparison[];
}

/** Users first: where the totals fail on a Cluster, what was written of users is written again, and is the same. */
function opsOf(id: string, batch: Loaded): readonly Op[] {
  const entry = batch.entries.get(shadowTotalsKey);
  const before = entry && parseTotals(entry.value);
  const totals = before?.id === id ? before : { ...noTotals, id };
  const { ops, users, unrecorded } = userOps(id, batch, limits.users - totals.users);
  const { unidentified, others } = withUnidentified(totals.unidentified, batch.differing);
  const value = JSON.stringify({
    ...withCompared(totals, batch),
    users: totals.users + users,
    unrecorded: totals.unrecorded + unrecorded + others,
    unidentified,
  });
  const write: Op =
    entry === undefined
      ? { op: 'create', key: shadowTotalsKey, value, ttl }
      : { op: 'replace', key: shadowTotalsKey, version: entry.version, value, ttl };
  return [...ops, write];
}

const noTotals: Omit<ShadowTotals, 'id'> = {
  signIns: 0,
  tokens: 0,
  byApp: {},
  leftOut: {},
  failed: 0,
  dropped: 0,
  users: 0,
  unrecorded: 0,
  unidentified: [],
  firstRevision: 0,
  lastRevision: 0,
};

function withCompared(totals: ShadowTotals, { compared, leftOut, failed, dropped }: ShadowBatch): ShadowTotals {
  const byApp: Record<string, Readonly<Partial<Record<DecisionChange, number>>>> = { ...totals.byApp };
  for (const { client, change } of compared) {
    const isKept = Object.hasOwn(byApp, client) || Object.keys(byApp).length < limits.apps;
    const name = isKept ? client : '*';
    byApp[name] = { ...byApp[name], [change]: (byApp[name]?.[change] ?? 0) + 1 };
  }
  const left: Partial<Record<UnknownToShadow, number>> = { ...totals.leftOut };
  for (const name of leftOut) left[name] = (left[name] ?? 0) + 1;
  const revisions = compared.map(({ revision }) => revision);
  const tokens = compared.filter(({ kind }) => kind === 'token').length;
  return {
    ...totals,
    signIns: totals.signIns + compared.length - tokens,
    tokens: totals.tokens + tokens,
    byApp,
    leftOut: left,
    failed: totals.failed + failed,
    dropped: totals.dropped + dropped,
    firstRevision: totals.firstRevision || Math.min(...revisions, Number.MAX_SAFE_INTEGER),
    lastRevision: Math.max(totals.lastRevision, ...revisions),
  };
}

function userOps(id: string, { entries, differing }: Loaded, room: number) {
  const ops: Op[] = [];
  let [users, unrecorded] = [0, 0];
  for (const [subject, seen] of Map.groupBy(differing, ({ subject: of }) => of)) {
    if (subject === undefined) continue;
    const digest = shadowUserDigest(subject);
    const key = shadowUserKey(digest);
    const stored = entries.get(key);
    const before = stored && parseShadowUser(stored.value);
    const known = before?.id === id ? before.seen : [];
    if (known.length === 0 && users >= room) unrecorded += seen.length;
    else {
      if (known.length === 0) users += 1;
      const value = JSON.stringify({ id, seen: merged(known, seen) });
      ops.push({ op: 'put', key, value, ttl }, { op: 'join', key: shadowUsersKey, member: digest, ttl });
    }
  }
  return { ops, users, unrecorded };
}

/** Each difference once, with its newest example. */
function merged(known: readonly SeenDifference[], seen: readonly ShadowComparison[]): readonly SeenDifference[] {
  const all = new Map(known.map((difference) => [differenceKey(difference), difference]));
  for (const { subject: _, revision: _revision, ...one } of seen) all.set(differenceKey(one), one);
  return [...all.values()].slice(-limits.differences);
}

/** Each difference once, with its newest example. `others`: sign-ins for whose difference there is no room. */
function withUnidentified(known: readonly UnidentifiedDifference[], differing: readonly ShadowComparison[]) {
  const all = new Map(known.map((difference) => [differenceKey(difference), difference]));
  let others = 0;
  for (const { subject, revision: _, ...one } of differing) {
    if (subject !== undefined) continue;
    const key = differenceKey(one);
    const before = all.get(key);
    if (before === undefined && all.size >= limits.unidentified) others += 1;
    else all.set(key, { ...one, signIns: (before?.signIns ?? 0) + 1 });
  }
  return { unidentified: [...all.values()], others };
}

export function parseTotals(value: string): ShadowTotals {
  // Those of an earlier release left nothing out, and compared nothing without a user.
  return { ...noTotals, ...(JSON.parse(value) as Partial<ShadowTotals> & Pick<ShadowTotals, 'id'>) };
}

export function parseShadowUser(value: string): ShadowUser {
  return JSON.parse(value) as ShadowUser;
}

/** Keys of the users' records, in pages. Rejects with `StoreUnavailable`. */
export async function* shadowUserKeys(store: Store): AsyncIterable<readonly string[]> {
  for await (const digests of store.members(shadowUsersKey)) yield digests.map(shadowUserKey);
}

/**
 * A draft that is compared with what is active on real sign-ins. It lies in the store, so that every node has it, and
 * ends by itself. It shares documents with revisions that have them, and stores only its own. See decision 92.
 */
import { randomUUID } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { shadowDocumentKey, shadowKey, shadowTotalsKey, shadowUsersKey, storedDocumentKey } from '../../stores/keys.ts';
import type { Op, Store } from '../../stores/store.ts';
import type { Documents } from '../model/documents.ts';
import { documentHashes, documentText, type Manifest, sha256 } from './document-store.ts';
import { historyFor } from './pointer-change.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import type { SnapshotSources } from './snapshot-sources.ts';

export interface ShadowDraft {
  /** Another for each draft that is started. */
  readonly id: string;
  /** Epoch seconds. */
  readonly at: Seconds;
  readonly until: Seconds;
  readonly by: string;
  /** The directory that it was read from. */
  readonly dir: string;
  /** SHA-256 of each document, by `documentKey`. */
  readonly documents: Readonly<Record<string, string>>;
  /** Those that no revision has. */
  readonly own: readonly string[];
  /** What its policies ask about the past of accounts. A draft of an earlier release lacks it, and may ask for all. */
  readonly recording?: Pick<Manifest, 'historySince' | 'recordsPlaces'>;
}

/** How long a draft is compared (seconds). */
const shadowLifetime = keyTable.shadow.lifetime.seconds;

/** Documents in one commit or load. */
const batchSize = 500;

/** Starts with this draft. The results of an earlier draft are deleted. Rejects with `StoreUnavailable`. */
export async function startShadow(
  store: Store,
  documents: Documents,
  { by, dir, now }: { readonly by: string; readonly dir: string; readonly now: Seconds },
): Promise<ShadowDraft> {
  const texts = new Map(Array.from(documents.values(), documentText).map((text) => [sha256(text), text]));
  const own = await unknownHashes(store, [...texts.keys()]);
  const ttl = shadowLifetime;
  const writes = own.map(
    (hash): Op => ({ op: 'put', key: shadowDocumentKey(hash), value: texts.get(hash) ?? '', ttl }),
  );
  for (let start = 0; start < writes.length; start += batchSize)
    await store.commit(writes.slice(start, start + batchSize));
  const draft: ShadowDraft = {
    ...{ id: randomUUID(), at: now, until: now + ttl, by, dir, documents: documentHashes(documents), own },
    recording: historyFor(documents, now),
  };
  await store.commit([
    { op: 'put', key: shadowKey, value: JSON.stringify(draft), ttl },
    { op: 'delete', key: shadowTotalsKey },
    { op: 'delete', key: shadowUsersKey },
  ]);
  return draft;
}

async function unknownHashes(store: Store, hashes: readonly string[]): Promise<readonly string[]> {
  const unknown: string[] = [];
  for (let start = 0; start < hashes.length; start += batchSize) {
    const page = hashes.slice(start, start + batchSize);
    const { entries } = await store.load(page.map(storedDocumentKey));
    unknown.push(...page.filter((hash) => entries.get(storedDocumentKey(hash)) === undefined));
  }
  return unknown;
}

/** `undefined`: nothing is compared. Rejects with `StoreUnavailable`. */
export async function currentShadow(store: Store): Promise<ShadowDraft | undefined> {
  const value = (await store.load([shadowKey])).entries.get(shadowKey)?.value;
  return value === undefined ? undefined : parseShadow(value);
}

export function parseShadow(value: string): ShadowDraft {
  return JSON.parse(value) as ShadowDraft;
}

/** What is known of users is deleted with the draft. Rejects with `StoreUnavailable`. */
export async function stopShadow(store: Store, userKeys: AsyncIterable<readonly string[]>): Promise<void> {
  await store.commit([{ op: 'delete', key: shadowKey }]);
  for await (const page of userKeys) await store.commit(page.map((key): Op => ({ op: 'delete', key })));
  await store.commit([shadowTotalsKey, shadowUsersKey].map((key): Op => ({ op: 'delete', key })));
}

/** The draft as if it were a revision. Rejects like `openSnapshot`. */
export function openShadow(draft: ShadowDraft, sources: SnapshotSources): Promise<Snapshot> {
  const { documents, own, at, by, recording = { historySince: at, recordsPlaces: true } } = draft;
  const isOwn = new Set(own);
  const keyOf = (hash: string) => (isOwn.has(hash) ? shadowDocumentKey(hash) : storedDocumentKey(hash));
  return openSnapshot({ revision: 0, at, by, documents, ...recording }, sources, keyOf);
}

/** The configuration as a series of numbered, immutable revisions in the store, and one pointer to the active one. */
import { StepgateError } from '../../errors.ts';
import { NetworkFiles } from '../../network-data.ts';
import { revisionKey, revisionPointerKey } from '../../stores/keys.ts';
import type { Entry, Op, Store } from '../../stores/store.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { Documents } from '../model/documents.ts';
import { valuesInConditions } from '../source/values-at.ts';
import {
  canonicalJson,
  changedKeys,
  documentHashes,
  type Manifest,
  type Pointer,
  parseManifest,
  parsePointer,
  readManifest,
  sha256,
  writeDocuments,
} from './document-store.ts';
import { LruCache } from './lru-cache.ts';
import { openShadow, type ShadowDraft } from './shadow-draft.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import { newCaches, type SnapshotSources } from './snapshot-sources.ts';

export interface RevisionsOptions {
  /** All authenticators, enabled or not. */
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings on this node (the environment variable ISSUER). */
  readonly issuer?: string;
  /** Apps that are kept ready. Default 1,000. */
  readonly keptApps?: number;
  /** Those that this process reads. Default: its own. */
  readonly networkFiles?: NetworkFiles;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface Applied {
  readonly revision: number;
  /**
   * Keys of the documents that were added, changed or removed. Empty: there was nothing to do, and `revision` is the
   * one before.
   */
  readonly changed: readonly string[];
}

/** One revision, for the history. */
export type RevisionInfo = Omit<Manifest, 'documents'> & {
  /** Keys of the documents that it changed. */
  readonly changed: readonly string[];
};

const keptPolicies = 1_000;
/** How often another one may be faster before `apply` gives up. */
const applyRounds = 50;

export class Revisions {
  readonly #store: Store;
  readonly #sources: SnapshotSources;
  readonly #now: () => number;
  /** By pointer: the newest, and the one before for requests that still work with it. */
  readonly #snapshots = new LruCache<Snapshot>(2);

  constructor(
    store: Store,
    { authenticators, issuer, keptApps = 1_000, networkFiles = new NetworkFiles(), now = Date.now }: RevisionsOptions,
  ) {
    this.#store = store;
    this.#now = now;
    this.#sources = {
      store,
      authenticators,
      networkFiles,
      ...newCaches(keptPolicies, keptApps),
      ...(issuer !== undefined && { issuer }),
    };
  }

  /**
   * Keys of the documents that the newest revision has otherwise, or that are on one side only; sorted. Rejects with
   * `StoreUnavailable`.
   */
  async changedBy(documents: Documents): Promise<readonly string[]> {
    const entry = await this.#pointer();
    const before = entry && (await readManifest(this.#store, parsePointer(entry.value)));
    return changedKeys(before?.documents ?? {}, documentHashes(documents));
  }

  /**
   * Makes these documents the newest revision: all nodes use it from their next request on. When another `apply` was
   * faster, it is compared with the result of that one. Rejects with `StoreUnavailable`: the outcome is then unknown,
   * and repeating it is safe.
   */
  async apply(
    documents: Documents,
    { by, message }: { readonly by: string; readonly message?: string },
  ): Promise<Applied> {
    const hashes = documentHashes(documents);
    for (let round = 0; round < applyRounds; round += 1) {
      const entry = await this.#pointer();
      const before = entry && (await readManifest(this.#store, parsePointer(entry.value)));
      const changed = changedKeys(before?.documents ?? {}, hashes);
      if (before !== undefined && changed.length === 0) return { revision: before.revision, changed };
      const added = changed.filter((key) => hashes[key] !== undefined);
      await writeDocuments(this.#store, textsOf(added, documents));
      const revision = (before?.revision ?? 0) + 1;
      const at = Math.floor(this.#now() / 1000);
      const history = asksForHistory(documents) && { historySince: before?.historySince ?? at };
      const told = message !== undefined && { message };
      const manifest: Manifest = { revision, at, by, ...told, ...history, documents: hashes };
      if (await this.#publish(manifest, entry)) return { revision, changed };
    }
    throw new StepgateError('busy', 'the configuration is being changed by others all the time');
  }

  async #publish(manifest: Manifest, before: Entry | undefined): Promise<boolean> {
    const text = JSON.stringify(manifest);
    const pointer: Pointer = { revision: manifest.revision, manifest: sha256(text) };
    const value = JSON.stringify(pointer);
    const move: Op =
      before === undefined
        ? { op: 'create', key: revisionPointerKey, value }
        : { op: 'replace', key: revisionPointerKey, version: before.version, value };
    // `put`: a manifest that nothing points to may be left over from a store that was restored.
    return (await this.#store.commit([{ op: 'put', key: revisionKey(manifest.revision), value: text }, move])).ok;
  }

  /**
   * The snapshot that a pointer leads to, where the pointer was read along in some load. Costs nothing when it is the
   * newest one already. `undefined`: there is no configuration. Rejects with `StepgateError('not_configured')` when it
   * cannot be read, or `StoreUnavailable`.
   */
  async at(pointer: Entry | undefined): Promise<Snapshot | undefined> {
    if (pointer === undefined) return undefined;
    return this.#snapshots.get(pointer.value, async () =>
      openSnapshot(await readManifest(this.#store, parsePointer(pointer.value)), this.#sources),
    );
  }

  /** The newest snapshot; reads the pointer. Rejects like `at`. */
  async current(): Promise<Snapshot | undefined> {
    return this.at(await this.#pointer());
  }

  /**
   * An earlier revision, as audit lines name it. `undefined`: the store has none with this number. Rejects like `at`.
   */
  async numbered(revision: number): Promise<Snapshot | undefined> {
    const key = revisionKey(revision);
    const value = (await this.#store.load([key])).entries.get(key)?.value;
    return value === undefined ? undefined : openSnapshot(parseManifest(value), this.#sources);
  }

  /** A draft that is not live. Rejects like `at`. */
  shadow(draft: ShadowDraft): Promise<Snapshot> {
    return openShadow(draft, this.#sources);
  }

  /** The newest `limit` revisions, newest first. Rejects with `StoreUnavailable`. */
  async history(limit: number): Promise<readonly RevisionInfo[]> {
    const entry = await this.#pointer();
    const newest = entry === undefined ? 0 : parsePointer(entry.value).revision;
    const numbers = Array.from({ length: Math.min(limit + 1, newest) }, (_, index) => newest - index);
    const keys = numbers.map(revisionKey);
    const { entries } = await this.#store.load(keys);
    const manifests = keys.flatMap((key) => {
      const value = entries.get(key)?.value;
      return value === undefined ? [] : [parseManifest(value)];
    });
    return manifests.slice(0, limit).map(({ documents, ...info }, index) => ({
      ...info,
      changed: changedKeys(manifests[index + 1]?.documents ?? {}, documents),
    }));
  }

  async #pointer(): Promise<Entry | undefined> {
    return (await this.#store.load([revisionPointerKey])).entries.get(revisionPointerKey);
  }
}

/** By hash. */
function textsOf(keys: readonly string[], documents: Documents): ReadonlyMap<string, string> {
  return new Map(
    keys.flatMap((key) => {
      const document = documents.get(key);
      const text = document && canonicalJson(document);
      return text === undefined ? [] : [[sha256(text), text] as const];
    }),
  );
}

/** A policy has a condition on earlier sign-ins, so that they must be recorded. */
function asksForHistory(documents: Documents): boolean {
  return [...documents.values()].some(({ content }) => valuesInConditions(content, 'lastSignIn').length > 0);
}

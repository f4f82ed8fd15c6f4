/** The configuration as a series of numbered, immutable revisions in the store, and one pointer to the active one. */
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { revisionConfirmationKey, revisionKey, revisionPointerKey } from '../../stores/keys.ts';
import type { Entry, Store } from '../../stores/store.ts';
import { type Document, type Documents, documentKey } from '../model/documents.ts';
import {
  changedKeys,
  documentHashes,
  haveSameContent,
  type Manifest,
  parseManifest,
  parsePointer,
  readDocuments,
  readManifest,
  sha256,
  textsOf,
  writeDocuments,
} from './document-store.ts';
import { LruCache } from './lru-cache.ts';
import {
  type ActivePointer,
  type AppliedRevision,
  type ApplyOptions,
  historyFor,
  type NextRevision,
  type PublishOptions,
  pendingIn,
  type RevisionInfo,
  type Unconfirmed,
  unchanged,
} from './pointer-change.ts';
import { RevisionRefused } from './revision-refused.ts';
import { openShadow, type ShadowDraft } from './shadow-draft.ts';
import { openSnapshot, type Snapshot } from './snapshot.ts';
import { newSources, type RevisionsOptions, type SnapshotSources } from './snapshot-sources.ts';

/** Recorded where a revision that was not confirmed goes back. */
const byItself = 'stepgate';

export class Revisions {
  readonly #store: Store;
  readonly #sources: SnapshotSources;
  readonly #now: () => number;
  /** By pointer: the newest, and the one before for requests that still work with it. */
  readonly #snapshots = new LruCache<Snapshot>(2);

  constructor(store: Store, options: RevisionsOptions) {
    this.#store = store;
    this.#now = options.now ?? Date.now;
    this.#sources = newSources(store, options);
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
   * The newest revision means the same. Other files, lines and comments may have said it. Rejects with
   * `StoreUnavailable`, or with `not_configured` when a document of the revision is lost or damaged.
   */
  async hasContentOf(documents: Documents): Promise<boolean> {
    const { manifest } = await this.#active();
    if (manifest === undefined) return false;
    const changed = changedKeys(manifest.documents, documentHashes(documents));
    const stored = changed.flatMap((key) => manifest.documents[key] ?? []);
    if (stored.length < changed.length) return false;
    for await (const page of readDocuments(this.#store, stored))
      if (!page.every((each) => haveSameContent(each, documents.get(documentKey(each.kind, each.name))))) return false;
    return true;
  }

  /**
   * Makes these documents the newest revision, for the next request of all nodes. What is active makes none; if it is
   * not confirmed, its time begins again. Rejects with `RevisionRefused` (`revision_changed`) when another revision is
   * active than `base`, or came in between; with `StoreUnavailable`: the outcome is unknown, and repeating it is safe.
   */
  async apply(documents: Documents, { base, confirmWithin, ...by }: ApplyOptions): Promise<AppliedRevision> {
    const hashes = documentHashes(documents);
    const active = await this.#active();
    const changed = changedKeys(active.manifest?.documents ?? {}, hashes);
    if (active.manifest !== undefined && changed.length === 0) return unchanged(this.#store, active, confirmWithin);
    if (base !== undefined && base !== active.revision) throw await this.#changedSince(base);
    const added = changed.filter((key) => hashes[key] !== undefined);
    await writeDocuments(this.#store, textsOf(added, documents));
    const next = { documents: hashes, records: (since: Seconds) => historyFor(documents, since) };
    const applied = await this.#publish(active, next, { ...by, ...(confirmWithin !== undefined && { confirmWithin }) });
    if (applied !== undefined) return { revision: applied, changed };
    const newest = await this.#active();
    if (changedKeys(newest.manifest?.documents ?? {}, hashes).length > 0)
      throw await this.#changedSince(active.revision);
    return { revision: newest.revision, changed: [] };
  }

  /** The documents of a revision. Rejects with `RevisionRefused` (`unknown_revision`), or like `at`. */
  async documentsOf(revision: number): Promise<Documents> {
    const { documents } = await this.#manifestOf(revision);
    const read: Document[] = [];
    for await (const page of readDocuments(this.#store, Object.values(documents))) read.push(...page);
    return new Map(read.map((document) => [documentKey(document.kind, document.name), document]));
  }

  /** Rejects with `RevisionRefused` (`revision_changed`) unless this is the active revision. */
  async assertBase(base: number): Promise<void> {
    const { revision } = await this.#active();
    if (revision !== base) throw await this.#changedSince(base);
  }

  /** One revision, with what it changed. Rejects like `documentsOf`. */
  async revision(number: number): Promise<RevisionInfo> {
    const { documents, ...info } = await this.#manifestOf(number);
    const before = number > 1 ? await this.#manifestOf(number - 1) : undefined;
    return { ...info, changed: changedKeys(before?.documents ?? {}, documents) };
  }

  /** The active revision, if it is not confirmed. Rejects with `StoreUnavailable`. */
  async unconfirmed(): Promise<Unconfirmed | undefined> {
    const { entries } = await this.#store.load([revisionPointerKey, revisionConfirmationKey]);
    const pointer = entries.get(revisionPointerKey);
    const { revision, unconfirmed } = pointer ? parsePointer(pointer.value) : { revision: 0 };
    return (
      unconfirmed && { revision, back: unconfirmed.back, isExpired: entries.get(revisionConfirmationKey) === undefined }
    );
  }

  /**
   * The active revision stays. Rejects with `RevisionRefused` when it waits for no confirmation, when its time is over,
   * when another one than `only` is active, or when another one came in between; with `StoreUnavailable`.
   */
  async confirm({
    only,
    ops = () => [],
  }: Pick<ApplyOptions, 'ops'> & { readonly only?: number } = {}): Promise<number> {
    const { entries } = await this.#store.load([revisionPointerKey, revisionConfirmationKey]);
    const entry = entries.get(revisionPointerKey);
    const { unconfirmed, ...pointer } = entry ? parsePointer(entry.value) : { revision: 0, manifest: '' };
    if (entry === undefined || unconfirmed === undefined) throw await this.#nothingToConfirm();
    if (only !== undefined && only !== pointer.revision)
      throw new RevisionRefused('revision_changed', `revision ${pointer.revision} is active, and not revision ${only}`);
    const done = await this.#store.commit([
      { op: 'check', key: revisionConfirmationKey },
      { op: 'replace', key: revisionPointerKey, version: entry.version, value: JSON.stringify(pointer) },
      { op: 'delete', key: revisionConfirmationKey },
      ...ops(pointer.revision),
    ]);
    if (done.ok) return pointer.revision;
    if (done.failed.op !== 'check') throw await this.#changedSince(pointer.revision);
    throw new RevisionRefused(
      'confirmation_expired',
      `the time to confirm revision ${pointer.revision} is over: a server that runs goes back to what revision ${unconfirmed.back} was`,
    );
  }

  /**
   * Goes back where the active revision was not confirmed in time. `pointer` and `confirmation`: of one load. Returns
   * the number of the new revision; `elsewhere`: another node was first; `undefined`: there was nothing to do. Rejects
   * with `StoreUnavailable`.
   */
  async expire(
    pointer: Entry | undefined,
    confirmation: Entry | undefined,
    { ops }: Pick<ApplyOptions, 'ops'> = {},
  ): Promise<number | 'elsewhere' | undefined> {
    if (pointer === undefined || confirmation !== undefined) return undefined;
    const { revision, unconfirmed } = parsePointer(pointer.value);
    if (unconfirmed === undefined) return undefined;
    const { documents, historySince, recordsPlaces } = await this.#manifestOf(unconfirmed.back);
    const active = { entry: pointer, revision, manifest: await readManifest(this.#store, parsePointer(pointer.value)) };
    const message = `revision ${revision} was not confirmed in time`;
    const records = (since: Seconds) =>
      historySince === undefined ? {} : omitUndefined({ historySince: since, recordsPlaces });
    const next = { documents, records };
    const done = await this.#publish(active, next, {
      by: byItself,
      message,
      back: unconfirmed.back,
      ...(ops && { ops }),
    });
    return done ?? 'elsewhere';
  }

  async #active(): Promise<ActivePointer> {
    const entry = await this.#pointer();
    if (entry === undefined) return { entry, revision: 0 };
    const manifest = await readManifest(this.#store, parsePointer(entry.value));
    return { entry, revision: manifest.revision, manifest };
  }

  /** Says so where it went back by itself: the refusal could be read as a confirmation. */
  async #nothingToConfirm(): Promise<RevisionRefused> {
    const { revision, manifest } = await this.#active();
    const why = manifest?.back !== undefined && manifest.by === byItself ? `: ${manifest.message}` : '';
    return new RevisionRefused('nothing_to_confirm', `revision ${revision} is active, and stays${why}`);
  }

  async #manifestOf(revision: number): Promise<Manifest> {
    const key = revisionKey(revision);
    const newest = await this.#active();
    const value = revision > newest.revision ? undefined : (await this.#store.load([key])).entries.get(key)?.value;
    if (value !== undefined) return parseManifest(value);
    throw new RevisionRefused('unknown_revision', `there is no revision ${revision}; \`config history\` lists them`);
  }

  async #changedSince(base: number): Promise<RevisionRefused> {
    const { revision, manifest } = await this.#active();
    const by = manifest ? ` by ${manifest.by}` : '';
    const detail = `revision ${revision}${by} is active, and this was compared with revision ${base}`;
    return new RevisionRefused('revision_changed', `${detail}: look at \`config diff\`, and apply it again`);
  }

  /** In one atomic step. Returns its number; `undefined`: another revision came in between, and nothing was written. */
  async #publish(active: ActivePointer, next: NextRevision, options: PublishOptions): Promise<number | undefined> {
    const { by, message, back, confirmWithin, ops = () => [] } = options;
    const at = Math.floor(this.#now() / 1000);
    const revision = active.revision + 1;
    const told = { ...omitUndefined({ message, back }), ...next.records(active.manifest?.historySince ?? at) };
    const manifest: Manifest = { revision, at, by, ...told, documents: next.documents };
    const text = JSON.stringify(manifest);
    const value = JSON.stringify({ revision, manifest: sha256(text), ...pendingIn(active, confirmWithin) });
    // `put`: a manifest that nothing points to may be left over from a store that was restored.
    const done = await this.#store.commit([
      { op: 'put', key: revisionKey(revision), value: text },
      active.entry === undefined
        ? { op: 'create', key: revisionPointerKey, value }
        : { op: 'replace', key: revisionPointerKey, version: active.entry.version, value },
      confirmWithin === undefined
        ? { op: 'delete', key: revisionConfirmationKey }
        : { op: 'put', key: revisionConfirmationKey, value: String(revision), ttl: confirmWithin },
      ...ops(revision),
    ]);
    return done.ok ? revision : undefined;
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

  /** A draft that is not active. Rejects like `at`. */
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

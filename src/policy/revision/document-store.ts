/**
 * Keeps documents and manifests in the store. Neither ever changes: documents are keyed by their content, manifests by
 * their number.
 */
import { createHash } from 'node:crypto';
import { StepgateError } from '../../errors.ts';
import { revisionKey, storedDocumentKey } from '../../stores/keys.ts';
import type { LoadedEntries, Op, Store } from '../../stores/store.ts';
import { type Document, type Documents, usualRuleColumn } from '../model/documents.ts';

/** The content of a revision. */
export interface Manifest {
  readonly revision: number;
  /** Epoch seconds. */
  readonly at: number;
  readonly by: string;
  readonly message?: string;
  /** It has the documents of this earlier revision again. */
  readonly back?: number;
  /**
   * Since when sign-ins are recorded, as policies ask for them (epoch seconds). Absent: none does, and none are.
   */
  readonly historySince?: number;
  /** Usual networks and failures are recorded, as policies ask what is unusual. Absent: none does. */
  readonly recordsPlaces?: true;
  /** SHA-256 of each document, by `documentKey`. */
  readonly documents: Readonly<Record<string, string>>;
}

/**
 * The value of the pointer. The hash tells two stores apart, and a lost revision from a restored one of the same
 * number.
 */
export interface Pointer {
  readonly revision: number;
  readonly manifest: string;
  /** It must be confirmed in time, or the documents of revision `back` are active again. Absent: it need not. */
  readonly unconfirmed?: { readonly back: number };
}

/** Documents that are written in one batch. A new configuration of 10,000 apps takes several. */
const batchSize = 500;
/** Documents that are read in one round trip. */
const pageSize = 100;

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function parsePointer(value: string): Pointer {
  return JSON.parse(value) as Pointer;
}

export function parseManifest(value: string): Manifest {
  return JSON.parse(value) as Manifest;
}

function parseDocument(value: string): Document {
  return JSON.parse(value) as Document;
}

/** JSON with sorted keys: the same content has the same hash, in whatever order it was written. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
    .join(',')}}`;
}

/** As it is kept. Columns stand there where they are not the usual ones. */
export function documentText({ ruleColumns, ...document }: Document): string {
  const isUsual = ruleColumns?.every((column) => column === usualRuleColumn);
  return canonicalJson({ ...document, ...(!isUsual && { ruleColumns }) });
}

/** Wherever each is written. */
export function haveSameContent(one: Document, other: Document | undefined): boolean {
  return (
    one.kind === other?.kind && one.name === other.name && canonicalJson(one.content) === canonicalJson(other.content)
  );
}

/** SHA-256 of each document, by `documentKey`. */
export function documentHashes(documents: Documents): Readonly<Record<string, string>> {
  return Object.fromEntries(Array.from(documents, ([key, document]) => [key, sha256(documentText(document))]));
}

/** Keys that have another hash, or are on one side only; sorted. */
export function changedKeys(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((key) => before[key] !== after[key])
    .sort();
}

/** The documents of these keys, by hash. */
export function textsOf(keys: readonly string[], documents: Documents): ReadonlyMap<string, string> {
  return new Map(
    keys.flatMap((key) => {
      const document = documents.get(key);
      const text = document && documentText(document);
      return text === undefined ? [] : [[sha256(text), text] as const];
    }),
  );
}

/** Writes documents by hash. Safe to repeat. Rejects with `StoreUnavailable`. */
export async function writeDocuments(store: Store, texts: ReadonlyMap<string, string>): Promise<void> {
  const ops = Array.from(texts, ([hash, value]): Op => ({ op: 'put', key: storedDocumentKey(hash), value }));
  for (let start = 0; start < ops.length; start += batchSize) await store.commit(ops.slice(start, start + batchSize));
}

/**
 * Rejects with `StepgateError('not_configured')` when the document is lost or damaged (Law 4), with `StoreUnavailable`
 * when the store does not answer.
 */
export async function readDocument(
  store: Store,
  hash: string,
  keyOf: (hash: string) => string = storedDocumentKey,
): Promise<Document> {
  return parseDocument(await readImmutable(store, keyOf(hash), hash));
}

/** `undefined`: there is no such document. Rejects like `readDocument`. */
export async function findDocument(store: Store, hash: string): Promise<Document | undefined> {
  const key = storedDocumentKey(hash);
  const { entries } = await store.load([key]);
  return entries.get(key) ? parseDocument(verified(entries, key, hash)) : undefined;
}

/**
 * In pages, so that 10,000 documents neither take as many round trips nor block other requests. Rejects like
 * `readDocument`.
 */
export async function* readDocuments(
  store: Store,
  hashes: readonly string[],
  keyOf: (hash: string) => string = storedDocumentKey,
): AsyncIterable<readonly Document[]> {
  for (let start = 0; start < hashes.length; start += pageSize) {
    const page = hashes.slice(start, start + pageSize);
    const { entries } = await store.load(page.map(keyOf));
    yield page.map((hash) => parseDocument(verified(entries, keyOf(hash), hash)));
  }
}

/** Rejects like `readDocument`. */
export async function readManifest(store: Store, pointer: Pointer): Promise<Manifest> {
  return parseManifest(await readImmutable(store, revisionKey(pointer.revision), pointer.manifest));
}

async function readImmutable(store: Store, key: string, hash: string): Promise<string> {
  return verified((await store.load([key])).entries, key, hash);
}

function verified(entries: LoadedEntries['entries'], key: string, hash: string): string {
  const value = entries.get(key)?.value;
  if (value === undefined)
    throw new StepgateError('not_configured', `the configuration is incomplete: ${key} is not in the store`);
  if (sha256(value) !== hash)
    throw new StepgateError('not_configured', `the configuration is damaged: ${key} has another content`);
  return value;
}

/** What moves the pointer to another revision takes and gives. */
import type { Seconds } from '../../core/model/facts.ts';
import { revisionConfirmationKey, revisionPointerKey } from '../../stores/keys.ts';
import type { Entry, Op, Store } from '../../stores/store.ts';
import type { Documents } from '../model/documents.ts';
import { valuesInConditions } from '../source/values-at.ts';
import { type Manifest, type Pointer, parsePointer } from './document-store.ts';

export interface AppliedRevision {
  readonly revision: number;
  /**
   * Keys of the documents that were added, changed or removed. Empty: there was nothing to do, and `revision` is the
   * one before.
   */
  readonly changed: readonly string[];
  /** It waited for its confirmation, and now has the time that `confirmWithin` says. */
  readonly isTimeRenewed?: true;
}

export interface ApplyOptions {
  readonly by: string;
  /** Why. */
  readonly message?: string;
  /** The revision that it was compared with. Absent: whichever is active. */
  readonly base?: number;
  /** It goes back by itself unless it is confirmed within this many seconds of the store's clock. */
  readonly confirmWithin?: Seconds;
  /** The documents are those of this earlier revision. */
  readonly back?: number;
  /** Written in the same commit; given the number of the revision. */
  readonly ops?: (revision: number) => readonly Op[];
}

export type PublishOptions = Omit<ApplyOptions, 'base'>;

/** What is active. */
export interface ActivePointer {
  readonly entry: Entry | undefined;
  /** 0: there is nothing. */
  readonly revision: number;
  readonly manifest?: Manifest;
}

export interface NextRevision {
  readonly documents: Manifest['documents'];
  /** What it has recorded of sign-ins, since then or from now on. */
  readonly records: (since: Seconds) => Pick<Manifest, 'historySince' | 'recordsPlaces'>;
}

/** One revision, for the history. */
export type RevisionInfo = Omit<Manifest, 'documents'> & {
  /** Keys of the documents that it changed. */
  readonly changed: readonly string[];
};

/** The active revision, if it is not confirmed. */
export interface Unconfirmed {
  readonly revision: number;
  /** The last confirmed revision, to which it goes back. */
  readonly back: number;
  /** Its time is over, and no server has gone back yet. */
  readonly isExpired: boolean;
}

/** Where the active revision was not confirmed either, it leads back to the last one that stands. */
export function pendingIn(
  { entry, revision }: ActivePointer,
  confirmWithin: Seconds | undefined,
): Pick<Pointer, 'unconfirmed'> {
  if (confirmWithin === undefined || entry === undefined) return {};
  return { unconfirmed: parsePointer(entry.value).unconfirmed ?? { back: revision } };
}

/** What is active stays. If it still waits for its confirmation, it gets this time for it, from now on. */
export async function unchanged(
  store: Store,
  { entry, revision }: ActivePointer,
  confirmWithin: Seconds | undefined,
): Promise<AppliedRevision> {
  const same = { revision, changed: [] };
  if (entry === undefined || confirmWithin === undefined) return same;
  if (parsePointer(entry.value).unconfirmed === undefined) return same;
  const done = await store.commit([
    { op: 'check', key: revisionPointerKey, version: entry.version },
    { op: 'check', key: revisionConfirmationKey },
    { op: 'put', key: revisionConfirmationKey, value: String(revision), ttl: confirmWithin },
  ]);
  return { ...same, ...(done.ok && { isTimeRenewed: true as const }) };
}

/** What must be recorded of sign-ins, as conditions of policies ask about it. `since`: from now on, or already. */
export function historyFor(documents: Documents, since: number): Pick<Manifest, 'historySince' | 'recordsPlaces'> {
  const asks = (condition: string) =>
    [...documents.values()].some(({ content }) => valuesInConditions(content, condition).length > 0);
  if (asks('risk|distance')) return { historySince: since, recordsPlaces: true };
  return asks('lastSignIn') ? { historySince: since } : {};
}

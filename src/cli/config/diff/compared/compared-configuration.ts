/** The two configurations that a diff compares: the active one, and the one that would replace it. */
import type { AuthenticatorKind } from '../../../../policy/model/authenticator-kind.ts';
import type { Document, Documents } from '../../../../policy/model/documents.ts';
import { documentHashes, readDocument } from '../../../../policy/revision/document-store.ts';
import { type Snapshot, snapshotOfDocuments } from '../../../../policy/revision/snapshot.ts';
import type { Store } from '../../../../stores/store.ts';
import type { ActiveRevisionContent } from '../../../shared/configuration/read-active-revision.ts';

export interface ComparedConfiguration {
  readonly snapshot: Snapshot;
  /** SHA-256 of each document, by its key. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Undefined if this side has no such document. */
  document(key: string): Promise<Document | undefined>;
}

/** The active revision. */
export function activeConfiguration(
  store: Store,
  { snapshot, manifest: { documents } }: ActiveRevisionContent,
): ComparedConfiguration {
  return {
    snapshot,
    hashes: documents,
    document: async (key) => {
      const hash = Object.hasOwn(documents, key) ? documents[key] : undefined;
      return hash === undefined ? undefined : readDocument(store, hash);
    },
  };
}

/** Documents that are not active. */
export async function nextConfiguration(
  documents: Documents,
  authenticators: readonly AuthenticatorKind[],
): Promise<ComparedConfiguration> {
  return {
    snapshot: await snapshotOfDocuments(documents, authenticators),
    hashes: documentHashes(documents),
    document: async (key) => documents.get(key),
  };
}

/** Reads a revision by its number: an audit line says by which one it was decided. */
import { NetworkFiles } from '../../network-data.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { parseManifest } from '../../policy/revision/document-store.ts';
import { openSnapshot, type Snapshot } from '../../policy/revision/snapshot.ts';
import { newCaches } from '../../policy/revision/snapshot-sources.ts';
import { revisionKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';

/** Policies and apps that are kept: those of one sign-in. */
const kept = 20;

/** `undefined`: the store has none with this number. Rejects with `StoreUnavailable`, or `not_configured`. */
export async function numberedRevision(
  store: Store,
  revision: number,
  authenticators: readonly AuthenticatorKind[],
): Promise<Snapshot | undefined> {
  const key = revisionKey(revision);
  const value = (await store.load([key])).entries.get(key)?.value;
  if (value === undefined) return undefined;
  const sources = { store, authenticators, networkFiles: new NetworkFiles(), ...newCaches(kept) };
  return openSnapshot(parseManifest(value), sources);
}

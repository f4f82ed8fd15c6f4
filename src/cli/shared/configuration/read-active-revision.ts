/** Reads the newest revision with the list of its documents. */
import { StepgateError } from '../../../errors.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { type Manifest, parsePointer, readManifest } from '../../../policy/revision/document-store.ts';
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import { revisionPointerKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';

export interface ActiveRevisionContent {
  readonly snapshot: Snapshot;
  readonly manifest: Manifest;
}

/** Rejects with `StepgateError('not_configured')` if there is none or it cannot be read, or with `StoreUnavailable`. */
export async function readActiveRevision(
  store: Store,
  authenticators: readonly AuthenticatorKind[],
): Promise<ActiveRevisionContent> {
  const pointer = (await store.load([revisionPointerKey])).entries.get(revisionPointerKey);
  const snapshot = await new Revisions(store, { authenticators }).at(pointer);
  if (pointer === undefined || snapshot === undefined)
    throw new StepgateError(
      'not_configured',
      'there is no configuration in the store: run `npm run stepgate -- config apply`',
    );
  return { snapshot, manifest: await readManifest(store, parsePointer(pointer.value)) };
}

/** Client ids of all apps. */
export function appNames({ documents }: Manifest): readonly string[] {
  return Object.keys(documents).flatMap((key) => (key.startsWith('app/') ? [key.slice('app/'.length)] : []));
}

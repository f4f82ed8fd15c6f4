/** The files of a configuration, to be asked as if they were in use. */
import { loadConfiguration } from '../../policy/load.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Documents } from '../../policy/model/documents.ts';
import { findingLine } from '../../policy/model/finding.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { openEmbedded } from '../../stores/embedded.ts';
import { refusal } from '../shared/refusal.ts';
import { type RevisionInUse, revisionInUse } from '../shared/revision-in-use.ts';

export interface FilesContext {
  readonly authenticators: readonly AuthenticatorKind[];
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
}

/**
 * The files as if they were applied, in a store that is gone afterwards. Rejects with `bad_request` and all findings
 * where they are no good configuration.
 */
export async function withFiles<Result>(
  context: FilesContext,
  dir: string,
  use: (files: RevisionInUse & { readonly documents: Documents }) => Promise<Result>,
): Promise<Result> {
  const loaded = await loadConfiguration(dir, context);
  if (!loaded.ok) {
    const lines = loaded.findings.map((problem) => `${dir}/${findingLine(problem)}`);
    throw refusal(`${dir} is not a good configuration:\n${lines.join('\n')}`);
  }
  const store = openEmbedded({ file: ':memory:' });
  try {
    await new Revisions(store, context).apply(loaded.documents, { by: 'explain' });
    return await use({ ...(await revisionInUse(store, context.authenticators)), documents: loaded.documents });
  } finally {
    await store.close();
  }
}

/** Passkeys that would become unusable under a configuration. */
import { StepgateError } from '../../../errors.ts';
import type { Documents } from '../../../policy/model/documents.ts';
import type { RevisionRefusal } from '../../../policy/revision/revision-refused.ts';
import type { ResultOptions } from '../../shared/output/print-result.ts';
import { type Orphaned, orphanedBy, orphanedText } from '../../shared/store/orphaned-credentials.ts';
import { withStore } from '../../shared/store/with-store.ts';
import type { ConfigContext } from '../shared/config-context.ts';

/** Prints which ones, and ends the command. */
export function refuseOrphaned(context: ConfigContext, orphaned: readonly Orphaned[], { json }: ResultOptions): void {
  context.setExitCode(1);
  const lines = orphaned.map((entry) => `${orphanedText(entry)}\n`).join('');
  const code = 'passkeys_orphaned' satisfies RevisionRefusal;
  const advice = `nothing was changed: keep the relying party, or run \`config apply --orphan-passkeys\` [${code}]\n`;
  if (json) context.stdout(`${JSON.stringify({ ok: false, code, orphaned })}\n`);
  else context.stderr(`${lines}${advice}`);
}

/** Checks the store, if there is one. Checking files alone needs none. */
export async function orphanedInStore(context: ConfigContext, documents: Documents): Promise<readonly Orphaned[]> {
  try {
    return await withStore(context, (store) => orphanedBy(store, documents, context));
  } catch (error) {
    if (!(error instanceof StepgateError)) throw error;
    if (error.code !== 'not_configured') context.stderr(`passkeys were not looked at: ${error.message}\n`);
    return [];
  }
}

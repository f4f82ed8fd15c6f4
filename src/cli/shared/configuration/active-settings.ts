/** The settings of the active configuration. */
import { StepgateError } from '../../../errors.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { Settings } from '../../../policy/model/settings.ts';
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Store } from '../../../stores/store.ts';

/** Undefined if no configuration can be read, so that it is about to be replaced. Rejects with `StoreUnavailable`. */
export async function activeSettings(
  store: Store,
  authenticators: readonly AuthenticatorKind[],
): Promise<Settings | undefined> {
  try {
    return (await new Revisions(store, { authenticators }).current())?.settings;
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return undefined;
    throw error;
  }
}

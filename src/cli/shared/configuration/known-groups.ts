/** Groups that the active configuration names or that users are in. Any other name is most likely misspelled. */
import { StepgateError } from '../../../errors.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Store } from '../../../stores/store.ts';
import { groupNames } from '../../../users/record/group-names.ts';

/** Rejects with `StoreUnavailable`. Without a readable configuration, only the users' groups count. */
export async function knownGroups(
  store: Store,
  authenticators: readonly AuthenticatorKind[],
): Promise<readonly string[]> {
  const declared = await declaredGroups(store, authenticators);
  return [...new Set([...declared, ...(await groupNames(store))])];
}

async function declaredGroups(store: Store, authenticators: readonly AuthenticatorKind[]): Promise<readonly string[]> {
  try {
    return Object.keys((await new Revisions(store, { authenticators }).current())?.settings.groups ?? {});
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return [];
    throw error;
  }
}

/** Since when sign-ins are recorded under files that ask for it. */
import type { Seconds } from '../../../core/model/facts.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Store } from '../../../stores/store.ts';

interface RecordsContext {
  readonly authenticators: readonly AuthenticatorKind[];
  readonly now: Seconds;
}

/** Files keep the records of what is active, or begin them now. Rejects with `StoreUnavailable`. */
export async function recordsKeptSince(store: Store, { authenticators, now }: RecordsContext): Promise<Seconds> {
  const active = await new Revisions(store, { authenticators }).current();
  return active?.historySince ?? now;
}

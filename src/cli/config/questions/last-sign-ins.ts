/** When users last signed in, where rules ask: as the store has it of real users, and as rules tell others apart. */
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { Facts, Seconds, Subject } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { boundOf } from '../../../core/policy/values/bound.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import { signInHistoryKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';
import { lastSignInFacts } from '../../../users/history/sign-in-history.ts';
import { recordsKeptSince } from '../../shared/configuration/records-kept-since.ts';

export function asksLastSignIn(sets: readonly ConditionSet[]): boolean {
  return sets.some(({ lastSignIn }) => lastSignIn !== undefined);
}

/** How long ago the last sign-in was, at least and less than. Without `to`, there may be none at all. */
export interface Ago {
  readonly from: Seconds;
  readonly to?: Seconds;
}

/** The ages that these conditions tell apart, the newest first. One where none asks. */
export function lastSignInsIn(sets: readonly ConditionSet[]): readonly Ago[] {
  const bounds = sets.flatMap(({ lastSignIn: condition }) => (condition ? [boundOf(condition)] : []));
  const ages = [...new Set([0, ...bounds])].sort((a, b) => a - b);
  return ages.map((from, at) => ({ from, ...omitUndefined({ to: ages[at + 1] }) }));
}

/** Longer ago than each bound is the same as never. */
export function withLastSignIn<Of extends Facts>(facts: Of, { from, to }: Ago): Of {
  return to === undefined ? facts : { ...facts, lastSignIn: facts.now - from };
}

/** When this user last signed in, as a sign-in under this configuration finds it. Rejects with `StoreUnavailable`. */
export async function recordedLastSignIn(
  store: Store,
  { id, createdAt }: Subject,
  { snapshot, authenticators, now }: AsksWhen,
): Promise<Pick<Facts, 'lastSignIn'>> {
  const history = signInHistoryKey(id);
  const { entries } = await store.load([history]);
  const isActive = snapshot.revision > 0;
  const since = isActive ? (snapshot.historySince ?? now) : await recordsKeptSince(store, { authenticators, now });
  const past = { createdAt: createdAt ?? now, since };
  return lastSignInFacts(entries.get(history)?.value, { began: now, session: undefined }, past);
}

interface AsksWhen {
  readonly snapshot: Snapshot;
  readonly authenticators: readonly AuthenticatorKind[];
  readonly now: Seconds;
}

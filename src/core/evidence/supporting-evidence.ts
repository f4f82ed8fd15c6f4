/** The evidence that a decision rests on. See decision 3. */
import type { LayerRequirement } from '../model/decision.ts';
import type { CountedEvidence } from './counted-evidence.ts';
import { meetsAll } from './requirement.ts';

/**
 * Of all sets of evidence that meet every requirement: one whose oldest member is as new as possible, and of which
 * nothing can be left out. `counted` comes newest first, so what can be left out is left out from its end. Undefined:
 * the requirements are not met.
 */
export function findSupportingEvidence(
  requirements: readonly LayerRequirement[],
  counted: readonly CountedEvidence[],
): readonly CountedEvidence[] | undefined {
  const suffices = (evidence: readonly CountedEvidence[]) => meetsAll(requirements, evidence);
  if (counted.length === 0 || !suffices(counted)) return undefined;
  // More evidence never hurts, so the fewest of the newest are found by halving.
  let [tooFew, enough] = [0, counted.length];
  while (enough - tooFew > 1) {
    const middle = (tooFew + enough) >> 1;
    if (suffices(counted.slice(0, middle))) enough = middle;
    else tooFew = middle;
  }
  return withoutSurplus(counted.slice(0, enough), suffices);
}

/**
 * The evidence without what it can do without. The last one, the oldest, is not tried: without it the rest does not
 * suffice.
 */
function withoutSurplus(
  evidence: readonly CountedEvidence[],
  suffices: (evidence: readonly CountedEvidence[]) => boolean,
): readonly CountedEvidence[] {
  let kept = evidence;
  for (const proof of evidence.slice(0, -1).reverse()) {
    const rest = kept.filter((other) => other !== proof);
    if (suffices(rest)) kept = rest;
  }
  return kept;
}

/**
 * Adds everything else that was proved in the same transactions. A sign-in is one event, so its evidence belongs
 * together even where no rule asked for all of it.
 */
export function extendSupportingEvidence(
  supportingEvidence: readonly CountedEvidence[],
  counted: readonly CountedEvidence[],
): readonly CountedEvidence[] {
  const transactions = new Set(supportingEvidence.map(({ evidence }) => evidence.transaction));
  return counted.filter(({ evidence }) => transactions.has(evidence.transaction));
}

/**
 * Ids of the enrollments that a sign-in uses: those of the evidence that the decision rests on, and of the evidence by
 * which the requirements were met first. What was proved in this transaction since then is newer, so the decision may
 * rest on that instead.
 */
export function usedEnrollments(
  supportingEvidence: readonly CountedEvidence[],
  counted: readonly CountedEvidence[],
  asked: AskedOfEvidence,
): readonly string[] {
  const used = supportingEvidence.map(({ enrollment }) => enrollment);
  if (counted.length === supportingEvidence.length) return used;
  const first = firstToMeet(counted, asked);
  const supporting = first && findSupportingEvidence(asked.requirements, first);
  return [...used, ...(supporting?.map(({ enrollment }) => enrollment) ?? [])];
}

/** What the sign-in asks for, and its transaction. */
export interface AskedOfEvidence {
  readonly requirements: readonly LayerRequirement[];
  readonly transaction?: string;
}

/** The evidence by which the requirements were met before everything was proved. Undefined: it took everything. */
function firstToMeet(
  counted: readonly CountedEvidence[],
  { requirements, transaction }: AskedOfEvidence,
): readonly CountedEvidence[] | undefined {
  const oldest = counted.findLastIndex(({ evidence }) => evidence.transaction === transaction);
  for (let from = oldest + 1; from > 0; from -= 1) {
    const first = counted.slice(from);
    if (first.length > 0 && meetsAll(requirements, first)) return first;
  }
  return undefined;
}

/**
 * Whether the user signs in with this authenticator: what was proved does not meet the requirements without it. A proof
 * for the account-management requirement (Law 7) does not sign the user in.
 */
export function signsInWith(
  authenticator: string,
  counted: readonly CountedEvidence[],
  requirements: readonly LayerRequirement[],
): boolean {
  return !meetsAll(
    requirements.filter(({ isAccountManagement }) => !isAccountManagement),
    counted.filter((proof) => proof.authenticator !== authenticator),
  );
}

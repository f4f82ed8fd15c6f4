/** The evidence that a decision rests on. */
import type { LayerRequirement } from '../model/decision.ts';
import type { CountedEvidence } from './counted-evidence.ts';
import { meetsLayerRequirement } from './requirement.ts';

/**
 * Of all sets of evidence that meet every goal, one whose oldest member is as new as possible, and of which nothing can
 * be left out. `shown` comes newest first. Undefined: the goals are not met.
 */
export function findSupportingEvidence(
  requirements: readonly LayerRequirement[],
  shown: readonly CountedEvidence[],
): readonly CountedEvidence[] | undefined {
  const meetsAll = (evidence: readonly CountedEvidence[]) =>
    requirements.every((requirement) => meetsLayerRequirement(requirement, evidence));
  for (let count = 1; count <= shown.length; count += 1) {
    const newest = shown.slice(0, count);
    if (meetsAll(newest)) return withoutSpare(newest, meetsAll);
  }
  return undefined;
}

function withoutSpare(
  evidence: readonly CountedEvidence[],
  meetsAll: (evidence: readonly CountedEvidence[]) => boolean,
): readonly CountedEvidence[] {
  let kept = evidence;
  for (const one of [...evidence].reverse()) {
    const rest = kept.filter((other) => other !== one);
    if (meetsAll(rest)) kept = rest;
  }
  return kept;
}

/**
 * A sign-in is one event: what was proved in the transactions of the witness belongs to it, even if no rule asked for
 * it.
 */
export function extendSupportingEvidence(
  supportingEvidence: readonly CountedEvidence[],
  shown: readonly CountedEvidence[],
): readonly CountedEvidence[] {
  const transactions = new Set(supportingEvidence.map(({ evidence }) => evidence.transaction));
  return shown.filter(({ evidence }) => transactions.has(evidence.transaction));
}

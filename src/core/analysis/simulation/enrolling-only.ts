/** How far a user gets who proves nothing more, and sets up whatever is asked for. */
import type { Facts, Subject } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { picked } from '../../step/transitions.ts';
import { isAdmitted } from '../proofs/admitted-with.ts';
import { decisionAt, factsAt, takeTurn } from './simulate.ts';
import { identifiedAs, type Progress, type Simulation } from './simulated-answers.ts';

/** The facts of a user who has identified. */
export type SubjectFacts = Facts & { readonly subject: Subject };

/** The user is let in. */
export interface EnrolledOnTheWay {
  /** Keys of what the user set up, in order. */
  readonly added: readonly string[];
  /** With what was set up, and proved by that. */
  readonly facts: SubjectFacts;
}

/** Users who must set up more are not followed. */
const mostAdded = 3;

/** Undefined: the user is denied, or asked to prove something. All evidence counts as of this very sign-in. */
export function enrollingOnly(policies: PolicySet, facts: SubjectFacts): EnrolledOnTheWay | undefined {
  const start = identifiedAs(facts.subject, facts);
  const transaction = start.transaction.event;
  const given = { ...facts, evidence: facts.evidence.map((proof) => ({ ...proof, transaction })) };
  return further(start, [], { policies, facts: given });
}

function further(progress: Progress, added: readonly string[], simulation: Simulation): EnrolledOnTheWay | undefined {
  const decision = decisionAt(progress, simulation);
  if (isAdmitted(decision))
    return { added, facts: { ...factsAt(progress, simulation.facts), subject: progress.subject } };
  if (decision.kind !== 'enroll' || decision.proofFirst || added.length === mostAdded) return undefined;
  for (const authenticator of decision.choices) {
    const transaction = picked(progress.transaction, { purpose: 'enroll', authenticator });
    const { next } = takeTurn({ ...progress, transaction }, simulation);
    const end = next && further(next, [...added, authenticator], simulation);
    if (end) return end;
  }
  return undefined;
}

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

/** The user was asked to set up so much that it is not known how it ends. */
export interface UnfollowedUser {
  /** Keys of what the user set up until then. */
  readonly added: readonly string[];
  readonly facts?: undefined;
}

/** Users who set up more are not followed, nor more decisions about one user. */
const most = { added: 20, decisions: 500 };

/** Undefined: the user is denied, or asked to prove something. All evidence counts as of this very sign-in. */
export function enrollingOnly(policies: PolicySet, facts: SubjectFacts): EnrolledOnTheWay | UnfollowedUser | undefined {
  const start = identifiedAs(facts.subject, facts);
  const transaction = start.transaction.event;
  const given = { ...facts, evidence: facts.evidence.map((proof) => ({ ...proof, transaction })) };
  return further(start, [], { policies, facts: given, decisions: 0 });
}

interface Followed extends Simulation {
  /** How many were taken. */
  decisions: number;
}

/** Follows each choice until one leads in. */
function further(
  progress: Progress,
  added: readonly string[],
  followed: Followed,
): EnrolledOnTheWay | UnfollowedUser | undefined {
  followed.decisions += 1;
  const decision = decisionAt(progress, followed);
  if (isAdmitted(decision))
    return { added, facts: { ...factsAt(progress, followed.facts), subject: progress.subject } };
  if (decision.kind !== 'enroll' || decision.proofFirst) return undefined;
  let unfollowed: UnfollowedUser | undefined;
  for (const authenticator of decision.choices) {
    if (added.length === most.added || followed.decisions >= most.decisions) return unfollowed ?? { added };
    const transaction = picked(progress.transaction, { purpose: 'enroll', authenticator });
    const { next } = takeTurn({ ...progress, transaction }, followed);
    const end = next && further(next, [...added, authenticator], followed);
    if (end?.facts) return end;
    unfollowed ??= end;
  }
  return unfollowed;
}

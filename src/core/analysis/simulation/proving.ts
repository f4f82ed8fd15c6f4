/** A user who proves and enrolls certain things, as the sign-in asks for them. */
import { omitUndefined } from '../../model/omit-undefined.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import type { Action } from '../../remediation/all-sufficient-sets.ts';
import { picked } from '../../step/transitions.ts';
import { decisionAt, factsAt, takeTurn } from './simulate.ts';
import { type Progress, prove, type SimulatedStep, type Simulation } from './simulated-answers.ts';
import { methodAmong } from './simulated-proofs.ts';
import { requiredAt } from './sufficient-proofs.ts';

/** Where the user is, and the enrollments on the way. */
interface Proving {
  readonly progress: Progress;
  readonly steps: readonly SimulatedStep[];
}

/**
 * The user proves and enrolls these as the sign-in asks for them. Undefined: it does not ask for them one after the
 * other. Of several enrollments of a kind, those that are enough count. A user who is denied on the way proves no more.
 */
export function proving(left: readonly Action[], from: Proving, simulation: Simulation): Proving | undefined {
  const { progress, steps } = from;
  // A user who begins with a proof that is not needed could do without it.
  if (requiredAt(progress, simulation).isMet) return left.length === 0 ? from : undefined;
  const decision = decisionAt(progress, simulation);
  if (decision.kind === 'enroll') return enrolling(left, { ...from, choices: decision.choices }, simulation);
  if (decision.kind === 'deny') return from;
  if (decision.kind !== 'challenge') return undefined;
  for (const { authenticator, enrollments } of decision.options) {
    const at = left.findIndex((action) => action.authenticator === authenticator && !action.toEnroll);
    if (at < 0) continue;
    for (const id of enrollments) {
      const next = withProofOf(id, left[at]?.method, { from: progress, simulation });
      const end = next && proving(left.toSpliced(at, 1), { progress: next, steps }, simulation);
      if (end) return end;
    }
  }
  return undefined;
}

function enrolling(
  left: readonly Action[],
  { progress, steps, choices }: Proving & { readonly choices: readonly string[] },
  simulation: Simulation,
): Proving | undefined {
  for (const [at, { authenticator, toEnroll }] of left.entries()) {
    if (!toEnroll || !choices.includes(authenticator)) continue;
    const transaction = picked(progress.transaction, { purpose: 'enroll', authenticator });
    const turn = takeTurn({ ...progress, transaction }, simulation);
    const made = turn.next && { progress: turn.next, steps: [...steps, ...turn.steps] };
    const end = made && proving(left.toSpliced(at, 1), made, simulation);
    if (end) return end;
  }
  return undefined;
}

/** Undefined only if the user has no such enrollment: the page must not reveal that. */
function withProofOf(
  id: string,
  asked: string | undefined,
  { from, simulation: { policies, facts } }: { readonly from: Progress; readonly simulation: Simulation },
): Progress | undefined {
  const enrollment = from.subject.enrollments.find((owned) => owned.id === id);
  if (enrollment === undefined) return undefined;
  const { authenticator, methods } = enrollment;
  const method = asked ?? methodAmong(askedMethods(policies, factsAt(from, facts), authenticator), methods);
  return prove(from, enrollment, omitUndefined({ origin: 'sign_in' as const, at: facts.now, method }));
}

/** Whether the user can prove and enroll these as the sign-in asks for them. */
export function isFollowed(set: readonly Action[], start: Progress, simulation: Simulation): boolean {
  const end = proving(set, { progress: start, steps: [] }, simulation);
  return end !== undefined && requiredAt(end.progress, simulation).isMet;
}

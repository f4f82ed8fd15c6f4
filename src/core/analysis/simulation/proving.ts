/** A user who proves certain things, as the sign-in asks for them. */
import { omitUndefined } from '../../model/omit-undefined.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import type { Action } from '../../remediation/all-sufficient-sets.ts';
import { afterFirstSecret, decisionAt, factsAt } from './simulate.ts';
import { type Progress, prove, type Simulation } from './simulated-answers.ts';
import { methodAmong } from './simulated-proofs.ts';
import { requiredAt } from './sufficient-proofs.ts';

/**
 * Where the user is who proves these as the sign-in asks for them, from the first page on. Undefined: it does not ask
 * for them one after the other. Of several enrollments of a kind, those that are enough count. A user who is denied on
 * the way proves no more.
 */
export function proving(set: readonly Action[], start: Progress, simulation: Simulation): Progress | undefined {
  const end = provingFrom(start, set, simulation);
  const begun = end ? undefined : afterFirstSecret(simulation);
  const [secret] = begun?.transaction.evidence ?? [];
  const at = set.findIndex(({ authenticator }) => authenticator === secret?.authenticator);
  return begun && at >= 0 ? provingFrom(begun, set.toSpliced(at, 1), simulation) : end;
}

function provingFrom(from: Progress, left: readonly Action[], simulation: Simulation): Progress | undefined {
  // A user who begins with a proof that is not needed could do without it.
  if (requiredAt(from, simulation).isMet) return left.length === 0 ? from : undefined;
  const decision = decisionAt(from, simulation);
  if (decision.kind === 'deny') return from;
  if (decision.kind !== 'challenge') return undefined;
  for (const { authenticator, enrollments } of decision.options) {
    const at = left.findIndex((action) => action.authenticator === authenticator);
    if (at < 0) continue;
    for (const id of enrollments) {
      const next = withProofOf(id, left[at]?.method, { from, simulation });
      const end = next && provingFrom(next, left.toSpliced(at, 1), simulation);
      if (end) return end;
    }
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

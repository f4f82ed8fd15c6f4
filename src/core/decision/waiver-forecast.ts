/** Would a browser that remembers a proof be spared it next time? The evaluator is asked as it will be asked then: there are no other rules. */
import type { Outcome } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, RememberedProof, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { Means } from '../remediation/capabilities.ts';
import { type Case, caseOf, chooseRequest, meansIn, waivedIn } from './evaluation-context.ts';
import { rememberingOf } from './waiver.ts';

/** The transaction of next time. */
const next = 'next time';

/**
 * With this proof remembered, from the same place and for the same request, when the person then proves everything that is no possession:
 * is something waived, and does every layer let them in? Whether the account is active makes no difference, because it must not show
 * before something is proved.
 */
export function wouldSpare(policies: PolicySet, facts: Facts, proof: RememberedProof): boolean {
  if (facts.subject === undefined) return false;
  const subject: Subject = { ...facts.subject, status: 'active' };
  const given = caseOf(policies, {
    ...facts,
    subject,
    transaction: { id: next, startedAt: facts.now },
    device: { ...facts.device, known: true, remembered: [proof] },
    evidence: subject.enrollments.filter(({ factors }) => !factors.includes('possession')).map(proving(facts)),
  });
  const { means } = meansIn(subject, given);
  if (given.denial !== undefined || chooseRequest(given, means).way.kind !== 'met') return false;
  return waivedIn(given, means) !== undefined;
}

function proving({ subject, now }: Facts) {
  return ({ authenticator, id, factors, characteristics }: Enrollment): Evidence => ({
    ...{ authenticator, enrollment: id, factors, characteristics, amr: [], at: now },
    ...{ subject: subject?.id ?? '', transaction: next, origin: 'sign_in' },
  });
}

/** Which of these proofs this browser may remember. The same for whoever will be denied: it must not show yet. */
export function withRemembering(outcome: Outcome, { policies, policy, facts }: Case, { enrollments }: Means): Outcome {
  const seconds = policy.appRule && rememberingOf(policy.appRule, facts);
  if (seconds === undefined) return outcome;
  const { now: at } = facts;
  const isSpared = ({ authenticator, id, factors, characteristics }: Omit<Enrollment, 'label'>) =>
    wouldSpare(policies, facts, { authenticator, enrollment: id, factors, characteristics, at, until: at + seconds });
  if (outcome.kind === 'allow') {
    const here = facts.evidence.filter(({ transaction }) => transaction === facts.transaction?.id);
    const proved = outcome.assurance.witness.filter((one) => here.includes(one));
    const spared = proved.filter((one) => isSpared({ ...one, id: one.enrollment })).map(({ enrollment }) => enrollment);
    return spared.length === 0 ? outcome : { ...outcome, remember: { seconds, enrollments: spared } };
  }
  if (outcome.kind !== 'challenge') return outcome;
  const asked = enrollments.filter(({ id }) => outcome.options.some((option) => option.enrollments.includes(id)));
  const ids = asked.filter(isSpared).map(({ id }) => id);
  return ids.length === 0 ? outcome : { ...outcome, remember: { seconds, enrollments: ids } };
}

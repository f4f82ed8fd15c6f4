/**
 * Would a browser that remembers a proof be spared it next time? The evaluator is asked as it will be asked then: there
 * are no other rules.
 */
import type { DecisionOutcome } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, RememberedProof, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import {
  capabilitiesIn,
  chooseRequest,
  type EvaluationContext,
  evaluationContext,
  waivedIn,
} from './evaluation-context.ts';
import { rememberDuration } from './waiver.ts';

/** The transaction of next time. */
const next = 'next time';

/**
 * With this proof remembered, from the same place and for the same request, when the person then proves everything that
 * is no possession: is something waived, and does every layer let them in? Whether the account is active makes no
 * difference, because it must not show before something is proved.
 */
export function wouldWaive(policies: PolicySet, facts: Facts, proof: RememberedProof): boolean {
  if (facts.subject === undefined) return false;
  const subject: Subject = { ...facts.subject, status: 'active' };
  const context = evaluationContext(policies, {
    ...facts,
    subject,
    transaction: { id: next, startedAt: facts.now },
    device: { ...facts.device, known: true, remembered: [proof] },
    evidence: subject.enrollments.filter(({ factors }) => !factors.includes('possession')).map(proving(facts)),
  });
  const { capabilities } = capabilitiesIn(subject, context);
  if (context.denial !== undefined || chooseRequest(context, capabilities).way.kind !== 'met') return false;
  return waivedIn(context, capabilities) !== undefined;
}

function proving({ subject, now }: Facts) {
  return ({ authenticator, id, factors, characteristics }: Enrollment): Evidence => ({
    ...{ authenticator, enrollment: id, factors, characteristics, amr: [], at: now },
    ...{ subject: subject?.id ?? '', transaction: next, origin: 'sign_in' },
  });
}

/** Which of these proofs this browser may remember. The same for whoever will be denied: it must not show yet. */
export function withRememberable(
  outcome: DecisionOutcome,
  { policies, policy, facts }: EvaluationContext,
  { enrollments }: Capabilities,
): DecisionOutcome {
  const seconds = policy.appRule && rememberDuration(policy.appRule, facts);
  if (seconds === undefined) return outcome;
  const { now: at } = facts;
  const isWaived = ({ authenticator, id, factors, characteristics }: Omit<Enrollment, 'label'>) =>
    wouldWaive(policies, facts, { authenticator, enrollment: id, factors, characteristics, at, until: at + seconds });
  if (outcome.kind === 'allow') {
    const here = facts.evidence.filter(({ transaction }) => transaction === facts.transaction?.id);
    const proved = outcome.assurance.supportingEvidence.filter((one) => here.includes(one));
    const spared = proved.filter((one) => isWaived({ ...one, id: one.enrollment })).map(({ enrollment }) => enrollment);
    return spared.length === 0 ? outcome : { ...outcome, remember: { seconds, enrollments: spared } };
  }
  if (outcome.kind !== 'challenge') return outcome;
  const asked = enrollments.filter(({ id }) => outcome.options.some((option) => option.enrollments.includes(id)));
  const ids = asked.filter(isWaived).map(({ id }) => id);
  return ids.length === 0 ? outcome : { ...outcome, remember: { seconds, enrollments: ids } };
}

/**
 * Whether a remembered proof would waive anything at the next sign-in with this browser. The evaluator itself answers
 * that, so that the forecast follows the same rules.
 */
import { showTheSame } from '../evidence/counted-evidence.ts';
import type { DecisionOutcome } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, RememberedProof, Seconds, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import {
  capabilitiesIn,
  chooseRequest,
  type EvaluationContext,
  evaluationContext,
  waivedIn,
} from './evaluation-context.ts';

/** The transaction of the next sign-in. */
const next = 'next time';

/**
 * With this proof remembered, from the same network and for the same request, when the user then proves everything that
 * is no possession: is something waived, and does every layer allow? The status of the account makes no difference,
 * because it must not show before something is proved.
 */
export function wouldWaive(policies: PolicySet, facts: Facts, proof: RememberedProof): boolean {
  if (facts.subject === undefined) return false;
  const subject: Subject = { ...facts.subject, status: 'active' };
  const context = evaluationContext(policies, {
    ...facts,
    subject,
    transaction: { id: next, startedAt: facts.now },
    device: { ...facts.device, known: true, remembered: [proof] },
    evidence: subject.enrollments
      .filter(({ factors }) => !factors.includes('possession'))
      .map(evidenceFrom(subject, facts.now)),
  });
  const { capabilities } = capabilitiesIn(subject, context);
  if (context.denial !== undefined || !chooseRequest(context, capabilities).isMet) return false;
  return waivedIn(context, capabilities) !== undefined;
}

function evidenceFrom({ id: subject }: Subject, at: Seconds) {
  const event = { amr: [], at, subject, transaction: next, origin: 'sign_in' } as const;
  return ({ authenticator, id: enrollment, factors, characteristics }: Enrollment): Evidence => {
    return { authenticator, enrollment, factors, characteristics, ...event };
  };
}

/**
 * Adds which proofs this browser may remember. It is the same for a user who will be denied, because the denial must
 * not show yet.
 */
export function withRememberable(
  outcome: DecisionOutcome,
  { policies, policy, facts }: EvaluationContext,
  { enrollments }: Capabilities,
): DecisionOutcome {
  const { remember: seconds } = policy;
  if (seconds === undefined) return outcome;
  const { now: at } = facts;
  const isWaived = onceForEqual(({ authenticator, id, methods, factors, characteristics }) => {
    const proof = { authenticator, enrollment: id, factors, characteristics, at, until: at + seconds };
    // By which method the user will prove it is not known yet.
    return methods?.length
      ? methods.some((method) => wouldWaive(policies, facts, { ...proof, method }))
      : wouldWaive(policies, facts, proof);
  });
  if (outcome.kind === 'allow') {
    const here = facts.evidence.filter(({ transaction }) => transaction === facts.transaction?.id);
    const proved = outcome.assurance.supportingEvidence.filter((one) => here.includes(one));
    const asProved = ({ method, ...one }: Evidence) => ({
      ...one,
      id: one.enrollment,
      ...(method !== undefined && { methods: [method] }),
    });
    return withRemember(outcome, seconds, proved.map(asProved).filter(isWaived));
  }
  if (outcome.kind !== 'challenge') return outcome;
  const asked = enrollments.filter(({ id }) => outcome.options.some((option) => option.enrollments.includes(id)));
  return withRemember(outcome, seconds, asked.filter(isWaived));
}

type Proved = Pick<Enrollment, 'id' | 'authenticator' | 'methods' | 'factors' | 'characteristics'>;

/** Proofs that show the same are waived alike: of many enrollments of a kind, one is looked at. */
function onceForEqual(isWaived: (proved: Proved) => boolean): (proved: Proved) => boolean {
  const answers: { readonly proved: Proved; readonly answer: boolean }[] = [];
  return (proved) => {
    const known = answers.find((one) => showTheSame(one.proved, proved));
    if (known) return known.answer;
    const answer = isWaived(proved);
    answers.push({ proved, answer });
    return answer;
  };
}

function withRemember(
  outcome: Extract<DecisionOutcome, { kind: 'allow' | 'challenge' }>,
  seconds: Seconds,
  enrollments: readonly Pick<Enrollment, 'id'>[],
): DecisionOutcome {
  if (enrollments.length === 0) return outcome;
  return { ...outcome, remember: { seconds, enrollments: enrollments.map(({ id }) => id) } };
}

/**
 * Whether remembering a proof would waive anything at the next sign-in with this browser. The evaluator itself answers,
 * so the forecast follows the same rules.
 */
import { showTheSame } from '../evidence/counted-evidence.ts';
import type { DecisionOutcome } from '../model/decision.ts';
import type { Enrollment, Evidence, Facts, RememberedProof, Seconds, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { pastCounts } from '../policy/values/risk.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { capabilitiesIn, chooseRequestLayer, type EvaluationContext, evaluationContext } from './evaluation-context.ts';
import { policyLayersOf } from './layers.ts';

/** The id of the imagined next transaction. */
const next = 'next time';

/**
 * Imagines the next sign-in from the same network and for the same request, in which this proof is remembered and the
 * user proves everything else that is not a possession. True if something would be waived and every layer would allow.
 * The status of the account is ignored, because it must not show before a proof. Nothing is unusual then: browser and
 * place will be known.
 */
export function wouldWaive(policies: PolicySet, facts: Facts, proof: RememberedProof): boolean {
  if (facts.subject === undefined) return false;
  const subject: Subject = { ...facts.subject, status: 'active' };
  const context = evaluationContext(policies, {
    ...withoutUnusual(facts),
    subject,
    transaction: { id: next, startedAt: facts.now },
    device: { ...facts.device, known: true, remembered: [proof] },
    evidence: subject.enrollments
      .filter(({ factors }) => !factors.includes('possession'))
      .map(evidenceFrom(subject, facts.now)),
  });
  const { capabilities } = capabilitiesIn(subject, context);
  const { isMet, policyLayers } = chooseRequestLayer(context, capabilities);
  return context.denial === undefined && isMet && policyLayers.waiver !== undefined;
}

function evidenceFrom({ id: subject }: Subject, time: Seconds) {
  const event = { amr: [], at: time, subject, transaction: next, origin: 'sign_in' } as const;
  return ({ authenticator, id: enrollment, factors, characteristics }: Enrollment): Evidence => {
    return { authenticator, enrollment, factors, characteristics, ...event };
  };
}

function withoutUnusual({ risk: _, distance: __, ...facts }: Facts): Facts {
  return facts;
}

/**
 * What may show before the first proof: that of a user of whom nothing is known but what can be proved. Decoys look
 * like this. Otherwise the offer would tell which rule decides, and so that the account exists.
 */
function shownFacts({ lastSignIn: _, isLastSignInAssumed: __, ...facts }: Facts, { id, enrollments }: Subject): Facts {
  const subject: Subject = { id, status: 'active', identifiers: [], groups: [], profile: {}, enrollments };
  return { ...withoutUnusual(facts), subject };
}

/** How long (seconds) the proof of a sign-in is remembered. Undefined: it is not. */
function rememberedFor({ policies, policyLayers }: EvaluationContext, facts: Facts): Seconds | undefined {
  if (facts.subject === undefined || pastCounts(facts)) return policyLayers.remember;
  const mayRemember = policies.app?.rules.some(({ rule: { then } }) => then.kind === 'allow' && then.remember);
  return mayRemember ? policyLayersOf(policies, facts).remember : undefined;
}

/**
 * Adds the proofs that this browser may remember. Before the first proof all users who can prove the same get the same
 * list, also those who will be denied.
 */
export function withRememberable(
  outcome: DecisionOutcome,
  context: EvaluationContext,
  { enrollments }: Capabilities,
): DecisionOutcome {
  const { policies, facts: known } = context;
  const facts = known.subject && !pastCounts(known) ? shownFacts(known, known.subject) : known;
  const seconds = rememberedFor(context, facts);
  if (seconds === undefined) return outcome;
  const { now: at } = facts;
  const isWaived = onceForEqual(({ authenticator, id, methods, factors, characteristics }) => {
    const proof = { authenticator, enrollment: id, factors, characteristics, at, until: at + seconds };
    // It is not known yet which method the user will choose.
    return methods?.length
      ? methods.some((method) => wouldWaive(policies, facts, { ...proof, method }))
      : wouldWaive(policies, facts, proof);
  });
  if (outcome.kind === 'allow') {
    const here = facts.evidence.filter(({ transaction }) => transaction === facts.transaction?.id);
    const proved = outcome.assurance.supportingEvidence.filter((evidence) => here.includes(evidence));
    const asProved = ({ method, ...proof }: Evidence) => ({
      ...proof,
      id: proof.enrollment,
      ...(method !== undefined && { methods: [method] }),
    });
    return withRemember(outcome, seconds, proved.map(asProved).filter(isWaived));
  }
  if (outcome.kind !== 'challenge') return outcome;
  const asked = enrollments.filter(({ id }) => outcome.options.some((option) => option.enrollments.includes(id)));
  return withRemember(outcome, seconds, asked.filter(isWaived));
}

type Proved = Pick<Enrollment, 'id' | 'authenticator' | 'methods' | 'factors' | 'characteristics'>;

/** Enrollments that prove the same are waived alike, so one of each kind is tried. */
function onceForEqual(isWaived: (proved: Proved) => boolean): (proved: Proved) => boolean {
  const answers: { readonly proved: Proved; readonly answer: boolean }[] = [];
  return (proved) => {
    const known = answers.find((earlier) => showTheSame(earlier.proved, proved));
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
  return { ...outcome, rememberable: { seconds, enrollments: enrollments.map(({ id }) => id) } };
}

/**
 * Predicts the steps that a user will see. It walks the step loop with the evaluator and the choice of steps that serve
 * real sign-ins, and answers each step: whatever is asked for is proved, the best option first.
 */

import { evaluate } from '../../decision/evaluate.ts';
import type { Decision, Denial } from '../../model/decision.ts';
import type { Facts } from '../../model/facts.ts';
import { omitUndefined } from '../../model/omit-undefined.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { askedMethods } from '../../queries/asked-methods.ts';
import { identifierPageSecret } from '../../queries/identifier-page-secret.ts';
import { nextStep } from '../../step/next-step.ts';
import {
  answerIdentify,
  answerProfile,
  answerSelect,
  goOnToDeletion,
  grantConsent,
  identifiedAs,
  labelIn,
  type Progress,
  type SimulatedStep,
  type Simulation,
  type Turn,
} from './simulated-answers.ts';
import { answerStarted } from './simulated-proofs.ts';

/** Every turn proves or enrolls something that was missing, so no real sign-in takes as many. */
export const maxTurns = 32;

/**
 * The steps of a sign-in under these facts, to its end. A user with evidence in the facts has a session and does not
 * have to identify. Without a subject the walk ends with the identify step.
 */
export function simulate(policies: PolicySet, facts: Facts): readonly SimulatedStep[] {
  const { first, turns } = walkThrough(policies, facts);
  return [...first.steps, ...turns.flatMap(({ steps }) => steps)];
}

/** A sign-in from its first page to its end. */
export interface Walk {
  readonly first: Turn;
  /** The turns after it. */
  readonly turns: readonly WalkedTurn[];
}

/** Cached by facts, for the policies that were asked about last. */
const walks = new WeakMap<Facts, { readonly policies: PolicySet; readonly walk: Walk }>();

/**
 * Two questions about a sign-in follow each other: its steps, and what they ask for in all. It is simulated once for
 * both.
 */
export function walkThrough(policies: PolicySet, facts: Facts): Walk {
  const known = walks.get(facts);
  if (known?.policies === policies) return known.walk;
  const simulation = { policies, facts };
  const first = startOf(simulation);
  const walk = { first, turns: silentTurn(first, simulation) ?? (first.next ? walkFrom(first.next, simulation) : []) };
  walks.set(facts, { policies, walk });
  return walk;
}

/** Where a user is who proved the secret of the first page. Undefined: it asks for none that the user has. */
export function afterFirstSecret({ policies, facts }: Simulation): Progress | undefined {
  const { steps, next } = walkThrough(policies, facts).first;
  return steps.length > 0 && next && next.transaction.evidence.length > 0 ? next : undefined;
}

/** The first steps, and where the user is after them. */
export function startOf(simulation: Simulation): Turn {
  const { subject, evidence } = simulation.facts;
  const hasSession = subject !== undefined && evidence.some((proof) => proof.subject === subject.id);
  return hasSession ? { steps: [], next: identifiedAs(subject, simulation.facts) } : firstTurn(simulation);
}

/** A session that meets everything lets the user in without a page, so nothing is offered. */
function silentTurn(
  { steps, next }: Turn,
  { policies, facts: { transaction: _, ...facts } }: Simulation,
): readonly WalkedTurn[] | undefined {
  if (next === undefined || steps.length > 0) return undefined;
  const decision = evaluate(policies, facts);
  return decision.kind === 'allow' ? [{ steps: [ending(decision)], from: next }] : undefined;
}

/** One turn of a walk, with where the user was before it. */
export interface WalkedTurn extends Turn {
  readonly from: Progress;
}

export function stepsOf(turns: readonly WalkedTurn[]): readonly SimulatedStep[] {
  return turns.flatMap(({ steps }) => steps);
}

/** The turns from there to the end of the sign-in. */
export function walkFrom(start: Progress, simulation: Simulation): readonly WalkedTurn[] {
  const turns: WalkedTurn[] = [];
  for (let from: Progress | undefined = start; from !== undefined && turns.length < maxTurns; ) {
    const turn = takeTurn(from, simulation);
    turns.push({ ...turn, from });
    from = turn.next;
  }
  return turns;
}

function firstTurn({ policies, facts }: Simulation): Turn {
  const { subject: _, ...anonymous } = facts;
  const decision = evaluate(policies, anonymous);
  if (decision.kind !== 'identify') return { steps: [ending(decision)] };
  return answerIdentify(identifierPageSecret(policies, anonymous), facts);
}

/** What is asked there, and where the answer leads. */
export function takeTurn(progress: Progress, simulation: Simulation): Turn {
  const { transaction, subject } = progress;
  const { facts } = simulation;
  const decision = decisionAt(progress, simulation);
  if (decision.kind === 'profile') return answerProfile(progress, decision);
  if (decision.kind === 'consent') return grantConsent(progress, decision.scopes);
  if (decision.kind === 'keep_account') return goOnToDeletion(progress, decision.dueAt);
  const { lastUsed } = facts.device;
  const view = omitUndefined({ labels: (id: string) => labelIn(subject, id), canKeep: false, lastUsed });
  const plan = nextStep(decision, { transaction, view, now: facts.now });
  if (plan.kind === 'start') {
    const methodsOf = (key: string) => askedMethods(simulation.policies, factsAt(progress, facts), key);
    return answerStarted(progress, { decision, plan, methodsOf }, simulation);
  }
  return plan.step.kind === 'select' ? answerSelect(progress, plan.step) : { steps: [ending(decision)] };
}

/** What comes next there. */
export function decisionAt(progress: Progress, { policies, facts }: Simulation): Decision {
  return evaluate(policies, factsAt(progress, facts));
}

/** The facts of the evaluator there. */
export function factsAt({ transaction, subject }: Progress, facts: Facts): Facts {
  const {
    event: id,
    startedAt,
    skipped,
    requestedEnrollment,
    consented,
    accountSelected,
    deletionAcknowledged,
  } = transaction;
  return {
    ...facts,
    transaction: omitUndefined({
      id,
      startedAt,
      skipped,
      requestedEnrollment,
      consented,
      accountSelected,
      deletionAcknowledged,
    }),
    subject,
    evidence: [...facts.evidence, ...transaction.evidence],
  };
}

function ending(decision: Decision): SimulatedStep {
  if (decision.kind === 'allow') {
    const { assurance, keptPassword } = decision;
    return omitUndefined({ kind: 'complete' as const, acr: assurance.acr, keptPassword });
  }
  const denial: Pick<Decision, 'kind'> & Partial<Denial> = decision;
  const { reason = 'unsatisfiable', layer, rule, passwordToReplace, missingEnrollment } = denial;
  return omitUndefined({ kind: 'denied' as const, reason, layer, rule, passwordToReplace, missingEnrollment });
}

/**
 * Which enrollments lead into the app after a recovery. There one enrollment can be in the way of the next: proofs of
 * the recovered secret and of what recovered it never count together (decision 33), and what must be proved before the
 * next may be on both sides by then. So each is tried, together with what follows it. See decision 183.
 */
import { type EnrollmentContext, mustEnroll, provenStep, requiredStep } from '../enrollment/apply-policy.ts';
import type { DecisionOutcome } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import type { Facts } from '../model/facts.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { isAfterRecovery, keysBesideRecovery, oneMore, provingBesideRecovery } from '../remediation/enrollable.ts';
import { nextEnrollments } from '../remediation/enrollment-sequences.ts';
import { afterProving, onceEnrolled } from '../remediation/made-enrollments.ts';
import { isLacking } from '../remediation/missing-enrollments.ts';
import { canProve, type RequirementStatus, requirementStatus } from '../remediation/requirement-status.ts';
import type { ChosenRequestLayer } from './evaluation-context.ts';

/** What a sign-in takes, and what the enrollment policy requires. */
interface WantedAfterRecovery {
  readonly context: { readonly facts: Facts };
  readonly chosen: Pick<ChosenRequestLayer, 'requirements'>;
  readonly toEnroll: EnrollmentContext | undefined;
  /** Whether nothing else is in the way at the end. Absent: nothing is. */
  readonly isEnd?: (capabilities: Capabilities) => boolean;
}

type StepTowards = Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }>;

/** Whether one enrollment can be in the way of another that the user needs. */
export function mayBeInTheWay(wanted: WantedAfterRecovery, capabilities: Capabilities): boolean {
  if (!isAfterRecovery(capabilities)) return false;
  return requiredOf(wanted).length > 0 || !canProve(wanted.chosen.requirements, capabilities);
}

/** What cannot be skipped. */
function requiredOf({ toEnroll }: WantedAfterRecovery): readonly RequiredEnrollment[] {
  return toEnroll ? mustEnroll(toEnroll) : [];
}

/** Whether the user gets in by some way. */
export function leadsIn(wanted: WantedAfterRecovery, capabilities: Capabilities): boolean {
  return leads(capabilities, { wanted, known: new Map(), beyond: true });
}

/** The step to take, with only those enrollments that lead in. Undefined: nothing leads in. */
export function leadingStep(
  wanted: WantedAfterRecovery,
  capabilities: Capabilities,
  { beyond = true }: Partial<Pick<Search, 'beyond'>> = {},
): StepTowards | undefined {
  const state = { wanted, capabilities };
  const search = { wanted, known: new Map(), beyond };
  const isLeading = (step: StepTowards) => nextOf(step, capabilities).some((next) => leads(next, search));
  for (const step of ownSteps(requirementStatus(wanted.chosen.requirements, capabilities), state)) {
    if (step.kind === 'challenge' && isLeading(step)) return step;
    if (step.kind === 'challenge') continue;
    const choices = step.choices.filter((key) => isLeading({ ...step, choices: [key] }));
    if (choices.length > 0) return { ...step, choices };
  }
  const [other] = stepTo(
    otherKeys(state).filter((key) => stepTo([key], state).some(isLeading)),
    state,
  );
  const beside = provingBesideRecovery(capabilities);
  return other ?? (beside && leadingStep(wanted, beside, { beyond }));
}

interface Search {
  readonly wanted: WantedAfterRecovery;
  readonly known: Map<string, boolean>;
  /** Whether everything is taken to lead in beyond the limit of the search. */
  readonly beyond: boolean;
}

/** A limit of the search. */
const mostTried = 50;

function leads(capabilities: Capabilities, search: Search): boolean {
  const { wanted, known, beyond } = search;
  const key = keyOf(capabilities);
  const before = known.get(key) ?? (known.size < mostTried ? undefined : beyond);
  if (before !== undefined) return before;
  known.set(key, false);
  const status = requirementStatus(wanted.chosen.requirements, capabilities);
  const isIn = status.kind === 'met' && lackingOf(wanted, capabilities).length === 0;
  const result = isIn ? (wanted.isEnd?.(capabilities) ?? true) : isLeading();
  known.set(key, result);
  return result;

  function isLeading(): boolean {
    for (const step of stepsFrom(status, { wanted, capabilities }))
      if (nextOf(step, capabilities).some((next) => leads(next, search))) return true;
    return false;
  }
}

/** By what was proved and enrolled, in any order, and what of it a recovery restricts: that depends on the order. */
function keyOf({ accountManagement: { evidence, enrollments } }: Capabilities): string {
  const proofs = evidence.map(({ enrollment, age }) => `${enrollment} ${age}`);
  const owned = enrollments.map(({ id, recovered }) => `${id} ${recovered}`);
  return JSON.stringify([proofs.sort(), owned.sort()]);
}

function lackingOf(wanted: WantedAfterRecovery, capabilities: Capabilities): readonly RequiredEnrollment[] {
  return requiredOf(wanted).filter((required) => isLacking(required, capabilities));
}

interface SearchedState {
  readonly wanted: WantedAfterRecovery;
  readonly capabilities: Capabilities;
}

/** Everything that may come next. */
function* stepsFrom(status: RequirementStatus, state: SearchedState): Generator<StepTowards> {
  yield* ownSteps(status, state);
  if (status.kind === 'challenge' && !status.toEnroll) return;
  for (const key of otherKeys(state)) yield* stepTo([key], state);
  const beside = provingBesideRecovery(state.capabilities);
  if (beside === undefined) return;
  yield* stepsFrom(requirementStatus(state.wanted.chosen.requirements, beside), { ...state, capabilities: beside });
}

/** What is asked for, the best first: what the app takes, and then what is required. */
function ownSteps(status: RequirementStatus, { wanted, capabilities }: SearchedState): readonly StepTowards[] {
  if (status.kind === 'enroll' || status.kind === 'challenge') return [status];
  const { toEnroll } = wanted;
  if (status.kind === 'impossible' || toEnroll === undefined) return [];
  const able = { ...toEnroll, capabilities };
  return lackingOf(wanted, capabilities).flatMap((required) => requiredStep(required, able) ?? []);
}

function stepTo(choices: readonly string[], { wanted, capabilities }: SearchedState): readonly StepTowards[] {
  const step = choices.length > 0 ? provenStep({ choices }, { capabilities, facts: wanted.context.facts }) : undefined;
  return step ? [step] : [];
}

/**
 * Keys of what helps with what the app or the enrollment policy asks for later: also what stands for itself after a
 * recovery, since what is enrolled after it does so, too.
 */
function otherKeys({ wanted, capabilities }: SearchedState): readonly string[] {
  const able = { ...capabilities, required: requiredOf(wanted) };
  const helpful = nextEnrollments(wanted.chosen.requirements, able, undefined).map(
    ({ authenticator }) => authenticator,
  );
  return [...new Set([...helpful, ...keysBesideRecovery(capabilities)])];
}

function nextOf(step: StepTowards, capabilities: Capabilities): readonly Capabilities[] {
  if (step.kind === 'challenge')
    return step.options.flatMap(({ enrollments }) => enrollments.map((id) => afterProving(capabilities, id)));
  const made = step.choices.flatMap((key) => oneMore(key, capabilities));
  return made.map((action) => onceEnrolled(action, capabilities));
}

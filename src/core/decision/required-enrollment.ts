/** Asks for the enrollment that the enrollment policy requires or offers, or says why the user cannot make it. */

import { requestedAtAccount } from '../enrollment/account-request.ts';
import {
  addableOf,
  type EnrollmentContext,
  enrollmentStep,
  mustEnroll,
  mustEnrollInTime,
  provenStep,
  requiredStep,
  unsatisfiable,
} from '../enrollment/apply-policy.ts';
import { isSingle } from '../enrollment/enrollment-limit.ts';
import { meetsAll } from '../evidence/requirement.ts';
import type { DecisionOutcome, Denial, LayerRequirement } from '../model/decision.ts';
import type { RequiredEnrollment } from '../model/enrollment-policy.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { enrollable } from '../remediation/enrollable.ts';
import { additionGroups } from '../remediation/enrollment-plans.ts';
import { enrollmentsTo, everyProof, nextEnrollments } from '../remediation/enrollment-sequences.ts';
import { afterEnrolling } from '../remediation/made-enrollments.ts';
import { enrollmentsMissing } from '../remediation/missing-enrollments.ts';
import { additionDenial, type NeededEnrollment } from './addition-denial.ts';
import type { ChosenRequestLayer, EvaluationContext } from './evaluation-context.ts';
import { leadingStep, mayBeInTheWay } from './ways-after-recovery.ts';

/** A user who has identified, with what the sign-in and the enrollment policy require. */
interface Required {
  readonly context: EvaluationContext;
  readonly chosen: Pick<ChosenRequestLayer, 'requirements'>;
  readonly toEnroll: EnrollmentContext | undefined;
}

/** Undefined: there is nothing to enroll. */
export function requiredEnrollmentStep(evaluation: Required): DecisionOutcome | undefined {
  const { context, toEnroll } = evaluation;
  if (toEnroll === undefined) return undefined;
  const { capabilities } = toEnroll;
  const leading = mayBeInTheWay(evaluation, capabilities) ? leadingStep(evaluation, capabilities) : undefined;
  const step = leading ?? enrollmentStep(toEnroll);
  if (step?.kind === 'enroll') return { ...step, choices: leadingOn(step.choices, toEnroll, evaluation.chosen) };
  if (step?.kind !== 'out_of_reach') return step;
  const { required } = step;
  const ruled = ruledOut(required, toEnroll, { context, isEnough: hasStep(required, toEnroll) });
  return { kind: 'deny', ...(ruled ?? byLaw(required, toEnroll)) };
}

/**
 * Of the authenticators that the sign-in may take, those after which the user can enroll what is required. Of these it
 * prefers those that are required themselves, which saves the user a second enrollment.
 */
export function towardsRequired(choices: readonly string[], { toEnroll, chosen }: Required): readonly string[] {
  if (toEnroll === undefined) return choices;
  const leading = leadingOn(choices, toEnroll, chosen);
  const required = mustEnroll(toEnroll)[0]?.anyOf;
  const both = leading.filter((key) => required?.includes(key));
  return both.length > 0 ? both : leading;
}

/**
 * The enrollments that lead to what is required, where none of `choices` does: they help with what the app asks for
 * later. Or first the proof that they take. Undefined: one of the choices does, or no enrollment.
 */
export function stepTowardsRequired(
  choices: readonly string[],
  { toEnroll, chosen }: Required,
): Extract<DecisionOutcome, { kind: 'enroll' | 'challenge' }> | undefined {
  if (toEnroll?.capabilities.additions === undefined) return undefined;
  const open = mustEnroll(toEnroll);
  if (open.length === 0 || countsTo(open, choices, { toEnroll, chosen }).some(isReached)) return undefined;
  const capabilities = { ...toEnroll.capabilities, required: mustEnrollInTime(toEnroll) };
  const next = nextEnrollments(chosen.requirements, capabilities, undefined).map(({ authenticator }) => authenticator);
  const leading = fewestOf(countsTo(open, next, { toEnroll, chosen }));
  return leading.some(isReached) ? provenStep({ choices: keysOf(leading) }, toEnroll) : undefined;
}

/**
 * Those after which everything that is required is within reach, if possible with what can still be skipped. Of these
 * those after which the fewest enrollments come before it. All of them if there is none.
 */
function leadingOn(
  choices: readonly string[],
  toEnroll: EnrollmentContext,
  chosen: Pick<ChosenRequestLayer, 'requirements'>,
): readonly string[] {
  const inTime = mustEnrollInTime(toEnroll);
  const now = mustEnroll(toEnroll);
  if (choices.length < 2 || inTime.length === 0 || toEnroll.capabilities.additions === undefined) return choices;
  const within = countsTo(inTime, choices, { toEnroll, chosen }).filter(isReached);
  return keysOf(fewestOf(countsTo(now, within.length > 0 ? keysOf(within) : choices, { toEnroll, chosen })));
}

/** An authenticator, and how many enrollments lead to what is required after it. Infinite: none do. */
interface CountedChoice {
  readonly key: string;
  readonly count: number;
}

function countsTo(
  required: readonly RequiredEnrollment[],
  keys: readonly string[],
  { toEnroll, chosen: { requirements } }: { readonly toEnroll: EnrollmentContext } & Pick<Required, 'chosen'>,
): readonly CountedChoice[] {
  const capabilities = { ...toEnroll.capabilities, required: mustEnrollInTime(toEnroll) };
  const actions = enrollable(capabilities, requirements);
  return keys.map((key) => {
    const made = actions.filter(({ authenticator }) => authenticator === key).slice(0, 1);
    return { key, count: enrollmentsBefore(required, requirements, afterEnrolling(made, capabilities)) };
  });
}

function isReached({ count }: CountedChoice): boolean {
  return Number.isFinite(count);
}

function fewestOf(choices: readonly CountedChoice[]): readonly CountedChoice[] {
  const fewest = Math.min(...choices.map(({ count }) => count));
  return choices.filter(({ count }) => count === fewest);
}

function keysOf(choices: readonly CountedChoice[]): readonly string[] {
  return choices.map(({ key }) => key);
}

/**
 * The denial if something that the enrollment policy requires cannot be enrolled, whatever the user proves, and enrolls
 * for the requirements of the sign-in. The enrollment policy itself is the cause where no user can enroll it here.
 */
export function requiredNotEnrollable({ context, chosen, toEnroll }: Required): Denial | undefined {
  if (toEnroll === undefined) return undefined;
  const { capabilities } = toEnroll;
  const open = mustEnroll(toEnroll);
  const hopeless = open.find((required) => !suffice(addableOf(required, capabilities), required, capabilities));
  if (hopeless !== undefined) {
    const leads = hasStep(hopeless, toEnroll);
    const isEnough = (able: Capabilities) => leads(able) && suffice(addableOf(hopeless, able), hopeless, able);
    return ruledOut(hopeless, toEnroll, { context, isEnough }) ?? unsatisfiable(toEnroll);
  }
  if (requestedAtAccount(context.policies, context.facts) !== undefined) return undefined;
  const areReached = (some: readonly RequiredEnrollment[], able: Capabilities) =>
    Number.isFinite(enrollmentsBefore(some, chosen.requirements, { ...able, required: mustEnrollInTime(toEnroll) }));
  if (mayBeInTheWay({ context, chosen, toEnroll }, capabilities) || areReached(open, capabilities)) return undefined;
  const alone = open.find((required) => !areReached([required], capabilities));
  const beyond = alone ?? open[0];
  if (beyond === undefined) return undefined;
  const isEnough = (able: Capabilities) => areReached(alone ? [alone] : open, able);
  return ruledOut(beyond, toEnroll, { context, isEnough }) ?? byLaw(beyond, toEnroll);
}

/** How many enrollments lead to those that are required. Without an account policy, proofs always do. */
function enrollmentsBefore(
  required: readonly RequiredEnrollment[],
  requirements: readonly LayerRequirement[],
  capabilities: Capabilities,
): number {
  if (capabilities.additions === undefined) return 0;
  return enrollmentsTo((able) => required.every((enrollment) => isReady(enrollment, able)), requirements, capabilities);
}

/** Whether the user has it, or can enroll it after proofs alone. */
export function isReady(required: RequiredEnrollment, capabilities: Capabilities): boolean {
  const evidence = everyProof(capabilities);
  const ready = additionGroups(addableOf(required, capabilities), capabilities)
    .filter(({ before }) => meetsAll(before, evidence))
    .flatMap(({ keys }) => keys);
  return suffice(ready, required, capabilities);
}

/** Whether all that is missing can be of these authenticators. Of some, a user has only one. */
function suffice(keys: readonly string[], required: RequiredEnrollment, capabilities: Capabilities): boolean {
  const isRepeatable = keys.some((key) => !isSingle(key, capabilities.policies));
  return isRepeatable || keys.length >= enrollmentsMissing(required, capabilities);
}

/** Undefined: no rule of the account policy is the cause. */
function ruledOut(
  { anyOf }: RequiredEnrollment,
  { capabilities, rule }: EnrollmentContext,
  { context, isEnough }: { readonly context: EvaluationContext } & Pick<NeededEnrollment, 'isEnough'>,
): Denial | undefined {
  return additionDenial({ keys: anyOf, capabilities, isEnough, ...omitUndefined({ enrollmentRule: rule }) }, context);
}

/** Returns whether a step leads to it under some capabilities. */
function hasStep(
  required: RequiredEnrollment,
  { facts, terms }: EnrollmentContext,
): (capabilities: Capabilities) => boolean {
  return (capabilities) => requiredStep(required, { capabilities, facts, terms }) !== undefined;
}

/** The account-management requirement (Law 7) comes before it, and is out of reach. No layer is the cause. */
function byLaw({ anyOf }: RequiredEnrollment, { rule }: EnrollmentContext): Denial {
  return {
    reason: 'authenticator_not_enrollable',
    missingEnrollment: omitUndefined({ authenticators: anyOf, enrollmentRule: rule }),
  };
}

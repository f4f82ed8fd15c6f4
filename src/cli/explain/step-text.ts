/** Formats the predicted steps of a sign-in, and the alternatives if the user acts differently. */
import type { Branch } from '../../core/analysis/simulation/branches.ts';
import type { OfferedOption, SimulatedStep } from '../../core/analysis/simulation/simulated-answers.ts';
import { methodName } from '../../core/model/authenticator-name.ts';
import type { Denial } from '../../core/model/decision.ts';
import type { Enrollment, Subject } from '../../core/model/facts.ts';
import type { WholeExplanation } from '../../flow/explain.ts';
import { denialText, keptPasswordText } from './denial-text.ts';
import { beforeText, skippableText } from './enrollment-text.ts';
import { consentText, keepText, profileText } from './profile-text.ts';
import { named, numberText } from './proof-text.ts';

/** `subject`: the user, where the steps lead to the end. Several enrollments of one authenticator are numbered. */
export function stepLines(
  steps: readonly SimulatedStep[],
  { subject, branches }: { readonly subject: Subject | undefined; readonly branches: readonly Branch[] },
): readonly string[] {
  const owned = subject?.enrollments ?? [];
  const lines = steps.flatMap((step, index) => [
    `  ${index + 1}. ${stepText(step, owned)}`,
    ...branches
      .filter((branch) => branch.at === index && branch.steps.length > 0)
      .map((branch) => `     ${branchText(branch, owned)}`),
  ]);
  return subject !== undefined || steps.at(-1)?.kind === 'denied'
    ? lines
    : [...lines, '     and then it depends on the user'];
}

function branchText({ when, without, steps }: Branch, owned: readonly Enrollment[]): string {
  const texts = steps.map((step) => stepText(step, owned));
  return `if ${when === 'skipped' ? 'skipped' : `${without} fails`}: ${texts.join('; then ')}`;
}

/** What the user cannot get in without. Empty if there is nothing. */
export function neededText(branches: readonly Branch[]): string {
  const needed = branches.flatMap(({ without, steps }) => (without !== undefined && steps.length === 0 ? without : []));
  return [...new Set(needed)].join(' and ');
}

function stepText(step: SimulatedStep, owned: readonly Enrollment[]): string {
  switch (step.kind) {
    case 'identify':
      return step.identifyWith === undefined ? 'identify' : `identify (with ${step.identifyWith})`;
    case 'select':
      return `choose what to ${step.purpose === 'enroll' ? 'enroll' : 'prove'}: ${step.options.join(', ')}${skippableText(step.skippable)}`;
    case 'challenge':
    case 'enroll': {
      const others = step.alternatives.map((option) => offeredOptionText(option, owned));
      const words = `${step.replacementReason ? 'replace' : step.kind} ${offeredOptionText(step, owned)}`;
      const or = others.length === 0 ? '' : `, or ${others.join(', ')}`;
      if (step.unanswerable) return `${words} (it cannot be answered: nothing is enrolled)`;
      if (step.replacementReason) return `${words} (${step.replacementReason})`;
      return `${words}${or}${beforeText(step.toEnroll)}${skippableText(step.skippable)}`;
    }
    case 'profile':
      return `fill in the profile: ${profileText(step)}`;
    case 'consent':
      return `consent to ${consentText(step.scopes)}`;
    case 'keep_account':
      return keepText(step.dueAt);
    case 'denied':
      return `denied: ${denialText(step)}`;
    case 'complete':
      return `${step.acr === undefined ? 'complete' : `complete (acr ${step.acr})`}${keptPasswordText(step)}`;
  }
}

function offeredOptionText(
  { authenticator, enrollment, methods, label }: OfferedOption,
  owned: readonly Enrollment[],
): string {
  const names = methods?.map((method) => methodName(authenticator, method)) ?? [authenticator];
  const number = numberText({ authenticator, id: enrollment }, owned);
  return named(names.map((name) => `${name}${number}`).join(' or '), label);
}

/** The denial that follows, if what is asked for now leaves the user no choice and does not withhold it. */
export function followingDenialText({ outcome, steps }: Pick<WholeExplanation, 'outcome' | 'steps'>): string {
  const last = steps.at(-1);
  const isOnly = outcome.kind === 'challenge' && outcome.options.length === 1 && outcome.withheld === undefined;
  return isOnly && last?.kind === 'denied' ? `; then deny: ${denialText(last)}` : '';
}

/** The denial that is withheld. Once something is proved, another rule may deny, or none. */
export function withheldDenialText(withheld: Denial | undefined, steps: readonly SimulatedStep[]): string {
  const last = steps.at(-1);
  if (withheld === undefined || last?.kind === 'complete') return '';
  return `; then deny, withheld until something is proved: ${denialText(last?.kind === 'denied' ? last : withheld)}`;
}

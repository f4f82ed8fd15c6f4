/**
 * Asks for an enrollment that the sign-in needs. Where the user signs in with a password that must be replaced, only
 * enrollments are offered after which it can be: another one would end in a denial. See decision 175.
 */
import { requestedAtAccount } from '../enrollment/account-request.ts';
import { enrollableOf } from '../enrollment/apply-policy.ts';
import { passwordToReplace } from '../enrollment/password-to-replace.ts';
import { signsInWith } from '../evidence/supporting-evidence.ts';
import type { DecisionOutcome, LayerRequirement } from '../model/decision.ts';
import type { PasswordToReplace } from '../model/password-policy.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { enrollable } from '../remediation/enrollable.ts';
import { firstChallenge } from '../remediation/first-challenge.ts';
import { afterProving, onceEnrolled } from '../remediation/made-enrollments.ts';
import { type RequirementStatus, requirementStatus } from '../remediation/requirement-status.ts';
import { askedAfterSignIn } from './after-sign-in.ts';
import { canBeReplaced, type ToReplace } from './before-replacement.ts';
import type { SubjectEvaluation } from './denial.ts';
import { replacementStep, withoutVoluntaryAcr } from './replacement-step.ts';
import { stepTowardsRequired, towardsRequired } from './required-enrollment.ts';
import { leadingStep, mayBeInTheWay } from './ways-after-recovery.ts';

type OpenStatus = Extract<RequirementStatus, { kind: 'enroll' | 'challenge' }>;

/** `status`: without regard to the password. If no enrollment leads in, the password is replaced first, or denies. */
export function enrollingStep(status: OpenStatus, evaluation: SubjectEvaluation): DecisionOutcome {
  if (toEnrollBy(status) === undefined) return withChoices(status, evaluation);
  const toReplace = passwordInUse(evaluation);
  const old = toReplace && oldPassword(toReplace, evaluation);
  const afterRecovery = stepAfterRecovery(evaluation, old);
  if (afterRecovery !== undefined) return withChoices(afterRecovery, evaluation);
  if (toReplace === undefined || old === undefined) return towardsRequiredBy(status, evaluation);
  const leading = leadingStatus(evaluation.capabilities, old);
  if (leading.kind === 'enroll' || leading.kind === 'challenge') return withChoices(leading, evaluation);
  return replacementStep(evaluation, toReplace) ?? withChoices(status, evaluation);
}

/** Undefined: the account was not recovered, or nothing leads in. */
function stepAfterRecovery(
  evaluation: SubjectEvaluation,
  old: OldPassword | undefined,
  limit?: Parameters<typeof leadingStep>[2],
): OpenStatus | undefined {
  const { capabilities } = evaluation;
  if (!mayBeInTheWay(evaluation, capabilities)) return undefined;
  const wanted = asProved(evaluation);
  return leadingStep(old ? { ...wanted, isEnd: (able) => isOutOfTheWay(able, old) } : wanted, capabilities, limit);
}

/**
 * A step that leads in after a recovery where no plan does: plans take everything for enrolled at once, and what is
 * enrolled once something else was proved counts for more. Undefined: there is none.
 */
export function unplannedStep(evaluation: SubjectEvaluation): OpenStatus | undefined {
  const { context, chosen, capabilities } = evaluation;
  if (!mayBeInTheWay(evaluation, capabilities)) return undefined;
  if (requestedAtAccount(context.policies, context.facts) !== undefined) return undefined;
  const toReplace = passwordInUse(evaluation);
  const old = toReplace && oldPassword(toReplace, evaluation);
  const step = stepAfterRecovery(evaluation, old, { beyond: false });
  if (step === undefined || capabilities.evidence.length > 0) return step;
  // What the account lacks is shown after a first proof.
  return { kind: 'challenge', options: firstChallenge(chosen.requirements, capabilities) };
}

function oldPassword({ authenticator }: PasswordToReplace, evaluation: SubjectEvaluation): OldPassword {
  const required = asProved(evaluation).toEnroll?.terms.required ?? [];
  const { requirements } = evaluation.chosen;
  return { password: authenticator, requirements, required, denying: withoutVoluntaryAcr(evaluation) };
}

/** The step, or one that leads to what is required as well. */
function towardsRequiredBy(status: OpenStatus, evaluation: SubjectEvaluation): DecisionOutcome {
  const instead = status.kind === 'enroll' ? stepTowardsRequired(status.choices, asProved(evaluation)) : undefined;
  return instead ?? withChoices(status, evaluation);
}

function withChoices(status: OpenStatus, evaluation: SubjectEvaluation): DecisionOutcome {
  if (status.kind === 'enroll') return { ...status, choices: towardsRequired(status.choices, asProved(evaluation)) };
  const { toEnroll } = status;
  return { ...status, ...(toEnroll && { toEnroll: towardsRequired(toEnroll, evaluation) }) };
}

/** With what the enrollment policy requires if nothing more is proved, where rules ask how the user signed in. */
function asProved(evaluation: SubjectEvaluation): SubjectEvaluation {
  const { context, subject, capabilities, toEnroll } = evaluation;
  if (toEnroll !== undefined) return evaluation;
  const { terms, rule } = askedAfterSignIn(context, { signedIn: capabilities }).enrollment;
  return terms ? { ...evaluation, toEnroll: { subject, terms, rule, capabilities, facts: context.facts } } : evaluation;
}

/** A password that must be replaced, and may be. The user has proved it, or may have to. */
export function passwordInUse({ context, subject, capabilities }: SubjectEvaluation): PasswordToReplace | undefined {
  const used = capabilities.enrollments.map(({ id }) => id);
  const toReplace = passwordToReplace(context.policies, context.facts, { subject, used });
  return toReplace && enrollableOf([toReplace.authenticator], capabilities).length > 0 ? toReplace : undefined;
}

interface OldPassword extends ToReplace {
  /** Of the sign-in. */
  readonly requirements: readonly LayerRequirement[];
  /** Those because of which a user is denied. */
  readonly denying: readonly LayerRequirement[];
}

/**
 * The status with only those enrollments, or proofs before them, that lead in, or with others in place of them.
 * Impossible: none does.
 */
function leadingStatus(capabilities: Capabilities, old: OldPassword): RequirementStatus {
  const status = requirementStatus(old.requirements, capabilities);
  const toEnroll = toEnrollBy(status);
  if (toEnroll === undefined) return status;
  const leading = withLeading(status, capabilities, old);
  return leading ?? leadingStatus(withoutAny(toEnroll, capabilities), old);
}

/** What is enrolled by this step, or after it. Undefined: nothing. */
function toEnrollBy(status: RequirementStatus): readonly string[] | undefined {
  if (status.kind === 'enroll') return status.choices;
  return status.kind === 'challenge' ? status.toEnroll : undefined;
}

function withLeading(
  status: RequirementStatus,
  capabilities: Capabilities,
  old: OldPassword,
): RequirementStatus | undefined {
  if (status.kind === 'enroll') {
    const choices = status.choices.filter((key) => leadsIn(key, capabilities, old));
    return choices.length > 0 ? { ...status, choices } : undefined;
  }
  if (status.kind !== 'challenge') return status;
  const options = status.options
    .map(({ authenticator, enrollments }) => {
      const leading = enrollments.filter((enrollment) => isLeading(afterProving(capabilities, enrollment), old));
      return { authenticator, enrollments: leading };
    })
    .filter(({ enrollments }) => enrollments.length > 0);
  return options.length > 0 ? { ...status, options } : undefined;
}

function leadsIn(key: string, capabilities: Capabilities, old: OldPassword): boolean {
  const asked = [...old.requirements, ...(capabilities.additions?.values() ?? [])];
  const action = enrollable(capabilities, asked).find(({ authenticator }) => authenticator === key);
  if (action === undefined) return true;
  return isLeading(onceEnrolled(action, capabilities), old);
}

/** Of proofs without an enrollment after them, the user is taken to give all. */
function isLeading(capabilities: Capabilities, old: OldPassword): boolean {
  const status = leadingStatus(capabilities, old);
  if (status.kind !== 'challenge' || status.toEnroll) return isLeadingAt(status, capabilities, old);
  const proved = afterProving(capabilities);
  return isLeadingAt(leadingStatus(proved, old), proved, old);
}

function isLeadingAt({ kind }: RequirementStatus, capabilities: Capabilities, old: OldPassword): boolean {
  return kind === 'met' ? isOutOfTheWay(capabilities, old) : kind !== 'impossible';
}

/** Whether the password could be replaced then, or the user would not sign in with it. */
function isOutOfTheWay(capabilities: Capabilities, old: OldPassword): boolean {
  return canBeReplaced(old, capabilities) || !signsInWith(old.password, capabilities.evidence, old.denying);
}

/** None of these can be enrolled. */
function withoutAny(keys: readonly string[], { policies, ...capabilities }: Capabilities): Capabilities {
  const authenticators = policies.authenticators.map((descriptor) =>
    keys.includes(descriptor.key) ? { ...descriptor, enrollable: false } : descriptor,
  );
  return { ...capabilities, policies: { ...policies, authenticators } };
}

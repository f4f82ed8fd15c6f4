/**
 * Asks for an enrollment that the sign-in needs. Where the user signs in with a password that must be replaced, only
 * enrollments are offered after which it can be: another one would end in a denial. See decision 175.
 */
import { enrollableOf } from '../enrollment/apply-policy.ts';
import { passwordToReplace } from '../enrollment/password-to-replace.ts';
import { meetsAll } from '../evidence/requirement.ts';
import { signsInWith } from '../evidence/supporting-evidence.ts';
import type { DecisionOutcome, LayerRequirement } from '../model/decision.ts';
import type { PasswordToReplace } from '../model/password-policy.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { enrollable } from '../remediation/enrollable.ts';
import { additionGroups } from '../remediation/enrollment-plans.ts';
import { everyProof } from '../remediation/enrollment-sequences.ts';
import { onceEnrolled } from '../remediation/made-enrollments.ts';
import { type RequirementStatus, requirementStatus } from '../remediation/requirement-status.ts';
import { askedAfterSignIn } from './after-sign-in.ts';
import type { SubjectEvaluation } from './denial.ts';
import { replacementStep, withoutVoluntaryAcr } from './replacement-step.ts';
import { towardsRequired } from './required-enrollment.ts';

type OpenStatus = Extract<RequirementStatus, { kind: 'enroll' | 'challenge' }>;

/** `status`: without regard to the password. If no enrollment leads in, the password is replaced first, or denies. */
export function enrollingStep(status: OpenStatus, evaluation: SubjectEvaluation): DecisionOutcome {
  const toReplace = status.kind === 'enroll' ? passwordInUse(evaluation) : undefined;
  if (toReplace === undefined) return withChoices(status, evaluation);
  const { capabilities, chosen } = evaluation;
  const { requirements } = chosen;
  const denying = withoutVoluntaryAcr(evaluation);
  const leading = leadingStatus(capabilities, { password: toReplace.authenticator, requirements, denying });
  if (leading.kind === 'enroll' || leading.kind === 'challenge') return withChoices(leading, evaluation);
  return replacementStep(evaluation, toReplace) ?? withChoices(status, evaluation);
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

/** A password among the proofs that must be replaced, and may be. */
function passwordInUse({ context, subject, capabilities }: SubjectEvaluation): PasswordToReplace | undefined {
  const used = capabilities.evidence.map(({ enrollment }) => enrollment);
  const toReplace = passwordToReplace(context.policies, context.facts, { subject, used });
  return toReplace && enrollableOf([toReplace.authenticator], capabilities).length > 0 ? toReplace : undefined;
}

interface OldPassword {
  /** Key of its authenticator. */
  readonly password: string;
  /** Of the sign-in. */
  readonly requirements: readonly LayerRequirement[];
  /** Those because of which a user is denied. */
  readonly denying: readonly LayerRequirement[];
}

/** The status with only those enrollments that lead in, or with others in place of them. Impossible: none does. */
function leadingStatus(capabilities: Capabilities, old: OldPassword): RequirementStatus {
  const status = requirementStatus(old.requirements, capabilities);
  if (status.kind !== 'enroll') return status;
  const choices = status.choices.filter((key) => leadsIn(key, capabilities, old));
  return choices.length > 0 ? { ...status, choices } : leadingStatus(withoutAny(status.choices, capabilities), old);
}

function leadsIn(key: string, capabilities: Capabilities, old: OldPassword): boolean {
  const asked = [...old.requirements, ...(capabilities.additions?.values() ?? [])];
  const action = enrollable(capabilities, asked).find(({ authenticator }) => authenticator === key);
  if (action === undefined) return true;
  const able = onceEnrolled(action, capabilities);
  const status = leadingStatus(able, old);
  return status.kind === 'met' ? isOutOfTheWay(able, old) : status.kind !== 'impossible';
}

/** Whether the password could be replaced then, or the user would not sign in with it. */
function isOutOfTheWay(capabilities: Capabilities, { password, denying }: OldPassword): boolean {
  const evidence = everyProof(capabilities);
  return (
    additionGroups([password], capabilities).some(({ before }) => meetsAll(before, evidence)) ||
    !signsInWith(password, capabilities.evidence, denying)
  );
}

/** None of these can be enrolled. */
function withoutAny(keys: readonly string[], { policies, ...capabilities }: Capabilities): Capabilities {
  const authenticators = policies.authenticators.map((descriptor) =>
    keys.includes(descriptor.key) ? { ...descriptor, enrollable: false } : descriptor,
  );
  return { ...capabilities, policies: { ...policies, authenticators } };
}

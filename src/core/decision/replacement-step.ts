/** Asks for a new password in place of one that the password policy no longer takes. See decisions 27, 151 and 154. */
import { enrollableOf, provenStep } from '../enrollment/apply-policy.ts';
import type { CountedEvidence } from '../evidence/counted-evidence.ts';
import { signsInWith } from '../evidence/supporting-evidence.ts';
import type { DecisionOutcome, LayerRequirement } from '../model/decision.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PasswordToReplace } from '../model/password-policy.ts';
import type { AuthenticatorState, Capabilities } from '../remediation/capabilities.ts';
import { requirementStatus } from '../remediation/requirement-status.ts';
import { additionLayers } from './account-policy.ts';
import { stepBeforeReplacement } from './before-replacement.ts';
import type { SubjectEvaluation } from './denial.ts';

/**
 * Undefined: the user may not replace the present one, so it is still accepted. Or the user cannot prove what must be
 * proved before, and did not sign in with it.
 */
export function replacementStep(
  evaluation: SubjectEvaluation,
  toReplace: PasswordToReplace,
): DecisionOutcome | undefined {
  const { context, capabilities } = evaluation;
  const { authenticator, reason } = toReplace;
  if (enrollableOf([authenticator], capabilities).length === 0) return undefined;
  const { policies, facts } = context;
  const due = { choices: [authenticator], replacementReason: reason };
  const step = provenStep(due, { capabilities, facts });
  if (step !== undefined) return { ...step, passwordToReplace: toReplace };
  if (!signsInWith(authenticator, capabilities.evidence, withoutVoluntaryAcr(evaluation))) return undefined;
  const other = otherProof(authenticator, evaluation) ?? stepBeforeReplacement(authenticator, evaluation);
  if (other !== undefined) return { ...other, passwordToReplace: toReplace };
  const denial = { kind: 'deny', reason: 'password_not_replaceable', passwordToReplace: toReplace } as const;
  const { additions: _, ...withoutAccountPolicy } = capabilities;
  const isByLaw = provenStep(due, { capabilities: withoutAccountPolicy, facts }) === undefined;
  const [change] = isByLaw ? [] : additionLayers([authenticator], policies, facts);
  return { ...denial, ...omitUndefined({ layer: change?.trace.layer, rule: change?.trace.decidedBy }) };
}

/** The requirements that deny: a voluntary `acr` makes the user prove more, and is no reason to. */
export function withoutVoluntaryAcr({ context, chosen }: SubjectEvaluation): readonly LayerRequirement[] {
  const { requirements, requestLayer } = chosen;
  if (context.facts.request.acrEssential) return requirements;
  return requirements.filter((requirement) => requirement !== requestLayer.requirement);
}

/**
 * A challenge for what is enough without the password. Only where the password was proved before this sign-in: the user
 * could not choose another way to sign in, and each new sign-in would be denied at once for as long as the session
 * lasts. Undefined: the user typed it in this sign-in, or has nothing that is enough.
 */
function otherProof(
  password: string,
  { context: { facts }, capabilities, chosen }: SubjectEvaluation,
): Extract<DecisionOutcome, { kind: 'challenge' }> | undefined {
  const { transaction } = facts;
  const isProvedHere = ({ authenticator, evidence }: CountedEvidence) =>
    authenticator === password && transaction !== undefined && evidence.transaction === transaction.id;
  if (capabilities.evidence.some(isProvedHere)) return undefined;
  const status = requirementStatus(chosen.requirements, withoutProofsBy(password, capabilities));
  return status.kind === 'challenge' && status.toEnroll === undefined ? status : undefined;
}

function withoutProofsBy(password: string, { accountManagement, ...capabilities }: Capabilities): Capabilities {
  const isOther = ({ authenticator }: { readonly authenticator: string }) => authenticator !== password;
  const without = ({ evidence, enrollments }: AuthenticatorState): AuthenticatorState => ({
    evidence: evidence.filter(isOther),
    enrollments: enrollments.filter(isOther),
  });
  return {
    ...capabilities,
    ...without(capabilities),
    accountManagement: { ...accountManagement, ...without(accountManagement) },
  };
}

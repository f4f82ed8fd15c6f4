/** Asks for a new password in place of one that the password policy no longer takes. See decisions 27, 151 and 154. */
import { enrollableOf, provenStep } from '../enrollment/apply-policy.ts';
import { signsInWith } from '../evidence/supporting-evidence.ts';
import type { DecisionOutcome } from '../model/decision.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { PasswordToReplace } from '../model/password-policy.ts';
import { additionLayers } from './account-policy.ts';
import type { SubjectEvaluation } from './denial.ts';

/**
 * Undefined: the user may not replace the present one, so it is still accepted. Or the user cannot prove what must be
 * proved before, and did not sign in with it.
 */
export function replacementStep(
  { context, capabilities, chosen }: SubjectEvaluation,
  toReplace: PasswordToReplace,
): DecisionOutcome | undefined {
  const { authenticator, reason } = toReplace;
  if (enrollableOf([authenticator], capabilities).length === 0) return undefined;
  const { policies, facts } = context;
  const due = { choices: [authenticator], replacementReason: reason };
  const step = provenStep(due, { capabilities, facts });
  if (step !== undefined) return step;
  const asked = omitUndefined({ requirements: chosen.requirements, transaction: facts.transaction?.id });
  if (!signsInWith(authenticator, capabilities.evidence, asked)) return undefined;
  const denial = { kind: 'deny', reason: 'password_not_replaceable', passwordToReplace: toReplace } as const;
  const { additions: _, ...withoutAccountPolicy } = capabilities;
  const isByLaw = provenStep(due, { capabilities: withoutAccountPolicy, facts }) === undefined;
  const [change] = isByLaw ? [] : additionLayers([authenticator], policies, facts);
  return { ...denial, ...omitUndefined({ layer: change?.trace.layer, rule: change?.trace.decidedBy }) };
}

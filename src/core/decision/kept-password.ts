/** Says which policy keeps a password that the password policy no longer takes. See decision 151. */

import { omitUndefined } from '../model/omit-undefined.ts';
import type { KeptPassword, PasswordToReplace } from '../model/password-policy.ts';
import { usablePolicies } from '../policy/rules/enrollment-terms.ts';
import { additionLayers } from './account-policy.ts';
import type { EvaluationContext } from './evaluation-context.ts';

/** `context`: of a user who may not replace this password. */
export function keptPasswordOf(
  { authenticator, ...toReplace }: PasswordToReplace,
  context: EvaluationContext,
): KeptPassword {
  const { policies, facts, enrollment } = context;
  const [change] = additionLayers([authenticator], policies, facts);
  if (change !== undefined && change.requirement === undefined)
    return omitUndefined({ ...toReplace, layer: 'account' as const, rule: change.trace.decidedBy });
  const isIn = ({ authenticators }: typeof policies) =>
    authenticators.some(({ key, enrollable }) => key === authenticator && enrollable);
  if (!isIn(policies) || isIn(usablePolicies(policies, enrollment.terms))) return toReplace;
  return omitUndefined({ ...toReplace, layer: 'enrollment' as const, rule: enrollment.rule });
}

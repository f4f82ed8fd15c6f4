/** Denies a user whose account was recovered before anything is set up, where nothing leads in. See decision 183. */
import { requestedAtAccount } from '../enrollment/account-request.ts';
import { mustEnroll } from '../enrollment/apply-policy.ts';
import type { Denial } from '../model/decision.ts';
import { omitUndefined } from '../model/omit-undefined.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { additionDenial } from './addition-denial.ts';
import { enrollableKeys, type SubjectEvaluation } from './denial.ts';
import { passwordInUse } from './enrolling-step.ts';
import { leadsIn, mayBeInTheWay } from './ways-after-recovery.ts';

/**
 * The denial if whatever the user sets up first is in the way of the rest. It names a rule about what is required, if
 * it is enough to change that.
 */
export function deniedAfterRecovery(evaluation: SubjectEvaluation): Denial | undefined {
  const { context, capabilities, toEnroll } = evaluation;
  if (requestedAtAccount(context.policies, context.facts) !== undefined) return undefined;
  if (!mayBeInTheWay(evaluation, capabilities) || leadsIn(evaluation, capabilities)) return undefined;
  // A new password in its place may end the memory of the recovery, which the search does not see.
  if (passwordInUse(evaluation) !== undefined) return undefined;
  const needed = { capabilities, isEnough: (able: Capabilities) => leadsIn(evaluation, able) };
  const required = toEnroll ? mustEnroll(toEnroll).flatMap(({ anyOf }) => anyOf) : [];
  const enrollmentRule = omitUndefined({ enrollmentRule: toEnroll?.rule });
  return (
    additionDenial({ ...needed, keys: required, ...enrollmentRule }, context) ??
    additionDenial({ ...needed, keys: enrollableKeys(context) }, context) ?? { reason: 'unsatisfiable' }
  );
}

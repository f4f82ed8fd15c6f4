/** Whether to ask a user whose account is due for deletion to keep it. */
import type { DecisionOutcome } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/**
 * The question comes once in each sign-in, and only if the sign-in has other pages. The account pages have a notice of
 * their own. See decision 68.
 */
export function keepAccountStep(
  { deletionDueAt }: Subject,
  { isAccountApp }: PolicySet,
  { transaction }: Facts,
): DecisionOutcome | undefined {
  const wasAsked = transaction === undefined || transaction.deletionAcknowledged === true || isAccountApp !== undefined;
  return deletionDueAt === undefined || wasAsked ? undefined : { kind: 'keep_account', dueAt: deletionDueAt };
}

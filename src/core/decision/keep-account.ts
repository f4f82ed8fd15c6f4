/** Whether a user whose account waits for its deletion is asked to keep it. */
import type { DecisionOutcome } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/**
 * The user is told once in a sign-in that asks something anyway. The account pages say it themselves. See decision 68.
 */
export function keepAccountStep(
  { deletionDueAt }: Subject,
  { account }: PolicySet,
  { transaction }: Facts,
): DecisionOutcome | undefined {
  const isTold = transaction === undefined || transaction.deletionAcknowledged === true || account !== undefined;
  return deletionDueAt === undefined || isTold ? undefined : { kind: 'keep_account', dueAt: deletionDueAt };
}

/** Users who are denied and may well exist: in one group at most, or in groups that a rule names together. */

import { onceFor } from '../../../../core/analysis/space/once-for.ts';
import { isOrdinary } from '../../../../core/analysis/space/usual-groups.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { Denied } from './denied-users.ts';

/** Whether the user who is denied for good is one. Once for all that are like it. */
export const isUsualLockOut = onceFor(
  (found: Denied) => found.lockOut !== undefined && isOrdinary(found.lockOut.facts, rulesOf(found)),
);

/** Whether the user who is denied with what the account begins with is one. */
export function isUsualNewcomer(denied: Denied): boolean {
  return isOrdinary(denied.facts, rulesOf(denied));
}

function rulesOf({ combination, cause, after, lockOut }: Denied): readonly RuleHead[] {
  const enrollment = [combination.enrollment ?? [], after?.rule ?? [], lockOut?.after ?? []].flat();
  return [combination.session, combination.app, ...cause.account, ...cause.together, ...enrollment];
}

/** Whether a session holds nothing that still counts. */
import { assessedEvidence } from '../decision/missing-evidence.ts';
import { countedEvidence } from '../evidence/counted-evidence.ts';
import type { Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';

/**
 * All that the user has proved is too old, or has too long a pause since, for the session policy, the app or the
 * request. False if nothing was proved.
 */
export function isAllOutlived(policies: PolicySet, facts: Facts): boolean {
  if (facts.subject === undefined) return false;
  return assessedEvidence(policies, facts).length === 0 && countedEvidence(facts.subject, policies, facts).length > 0;
}

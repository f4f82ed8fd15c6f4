/** Whether a sign-in shows all that the account can prove, so that what it came from becomes usual. */
import { capabilitiesIn, evaluationContext } from '../decision/evaluation-context.ts';
import { meetsLayerRequirement } from '../evidence/requirement.ts';
import type { Facts } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import { accountManagementOf } from '../remediation/capabilities.ts';

/**
 * The evidence reaches the strongest level that the account can reach (Law 7), however old it is: that a session holds
 * it is enough here.
 */
export function provesStrongest(policies: PolicySet, facts: Facts): boolean {
  if (facts.subject === undefined) return false;
  const { capabilities } = capabilitiesIn(facts.subject, evaluationContext(policies, facts));
  const evidence = capabilities.accountManagement.evidence.map((proof) => ({ ...proof, age: 'now' as const }));
  return meetsLayerRequirement(accountManagementOf(capabilities), evidence);
}

/** What the layers require of an identified user, for callers that only want to know. */
import type { LayerRequirement } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { isMet } from '../remediation/requirement-status.ts';
import { capabilitiesIn, chooseRequestLayer, evaluationContext } from './evaluation-context.ts';

/** All requirements must be met. */
export interface RequiredEvidence {
  readonly requirements: readonly LayerRequirement[];
  readonly capabilities: Capabilities;
  /** Whether the user has already proved it. */
  readonly isMet: boolean;
}

/** The requirements as the evaluator finds them for this user. What follows the sign-in is not included. */
export function requiredOf(policies: PolicySet, facts: Facts, subject: Subject): RequiredEvidence {
  const context = evaluationContext(policies, facts);
  const { capabilities } = capabilitiesIn(subject, context);
  const { requirements } = chooseRequestLayer(context, capabilities);
  return { requirements, capabilities, isMet: isMet(requirements, capabilities) };
}

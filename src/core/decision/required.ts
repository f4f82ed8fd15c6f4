/** What the layers ask of a user who has identified, for questions that are put to the evaluator. */
import type { LayerRequirement } from '../model/decision.ts';
import type { Facts, Subject } from '../model/facts.ts';
import type { PolicySet } from '../policy/rules/compile.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { isMet } from '../remediation/requirement-status.ts';
import { capabilitiesIn, chooseRequest, evaluationContext } from './evaluation-context.ts';

/** All requirements must be met. */
export interface Required {
  readonly requirements: readonly LayerRequirement[];
  readonly capabilities: Capabilities;
  /** By what the user has proved. */
  readonly isMet: boolean;
}

/** The same as the evaluator finds out about this user. What comes after the sign-in is not part of it. */
export function requiredOf(policies: PolicySet, facts: Facts, subject: Subject): Required {
  const context = evaluationContext(policies, facts);
  const { capabilities } = capabilitiesIn(subject, context);
  const { requirements } = chooseRequest(context, capabilities);
  return { requirements, capabilities, isMet: isMet(requirements, capabilities) };
}

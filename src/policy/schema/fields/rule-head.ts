/** What the rules of all policies have in common, as it is written in a file. */
import { z } from 'zod';
import type { RuleHead } from '../../../core/model/policy.ts';
import { text } from './fields.ts';

/** For every rule. */
export const ruleHead = {
  name: text.describe('Unique within the policy; audit log and explanations name it.'),
  enabled: z.boolean().optional().describe('`false`: the rule is switched off, as if it were not there. Default true.'),
};

/** For every rule whose decision could be reported. */
export const reportingRuleHead = {
  ...ruleHead,
  reportOnly: z
    .boolean()
    .optional()
    .describe(
      '`true`: the rule decides nothing. Where it would, the audit log and `explain` say what. The rules after it go on as if it were not there.',
    ),
};

/** For every policy. */
export const policySwitch = {
  enabled: z
    .boolean()
    .optional()
    .describe('`false`: the policy is switched off, as if there were no such file. Default true.'),
};

/** The switches of a rule as the core has them. */
export function switchesOf({
  enabled,
  reportOnly,
}: {
  readonly enabled?: boolean | undefined;
  readonly reportOnly?: boolean | undefined;
}): Pick<RuleHead, 'off' | 'reportOnly'> {
  return { ...(enabled === false && { off: true as const }), ...(reportOnly && { reportOnly: true as const }) };
}

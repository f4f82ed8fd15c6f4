/** Whether the denial of a recovery may pass: because of the network, the browser, the time and the like. */
import type { Denial } from '../model/decision.ts';
import type { Requirement } from '../model/policy.ts';
import { resultAnywhere } from '../policy/rules/condition-table.ts';
import type { Capabilities } from '../remediation/capabilities.ts';
import { isPossible } from '../remediation/requirement-status.ts';
import type { EvaluationContext } from './evaluation-context.ts';

/** Says of a denial whether the user may get further in other circumstances. `capabilities`: of an identified user. */
export function withPassing(
  denial: Denial,
  { policies, facts }: Pick<EvaluationContext, 'policies' | 'facts'>,
  capabilities?: Capabilities,
): Denial {
  if (denial.reason === 'account_inactive') return denial;
  for (const { rule, conditions } of policies.app?.rules ?? []) {
    const results = conditions.map((condition) => resultAnywhere(condition, facts));
    if (results.includes('miss')) continue;
    const { then } = rule;
    const isOpen = then.kind === 'allow' && isWithin(then.requirement, capabilities);
    if (isOpen && !results.includes('error')) return { ...denial, isPassing: true };
    // It decides everywhere and at any time.
    if (!results.includes('unknown')) return denial;
  }
  return denial;
}

function isWithin(requirement: Requirement, capabilities: Capabilities | undefined): boolean {
  return capabilities === undefined || isPossible([{ layer: 'app', anyOf: [requirement] }], capabilities);
}

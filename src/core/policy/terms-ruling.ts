/** Applies a policy whose rules say terms rather than allow or deny: enrollment policy and profile policy. */
import type { Denial, Layer } from '../model/decision.ts';
import type { RuleFacts } from '../model/facts.ts';
import type { RuleHead } from '../model/policy.ts';
import type { CompiledPolicy } from './compile.ts';
import { findRule, reportOf } from './rules.ts';

/** What the policy says. Without `terms` it says nothing: there is no policy, or it is undecided. */
export interface TermsRuling<Terms> {
  readonly layer?: Layer;
  readonly terms?: Terms;
  /** Name of the rule that decided. */
  readonly rule?: string;
}

/** Without a policy the ruling is empty. No rule holds: deny. */
export function termsRuling<Terms>(
  name: 'enrollment' | 'profile',
  policy: CompiledPolicy<RuleHead & { readonly then: Terms }> | undefined,
  facts: RuleFacts,
): TermsRuling<Terms> {
  if (policy === undefined) return {};
  const { undecided, rule, traces } = findRule(policy, facts);
  const report = reportOf(policy, facts);
  const reported = report && { reported: { ...report.trace, outcome: 'allow' as const } };
  const trace = { layer: name, policy: policy.name, rules: traces, ...reported } as const;
  if (rule) {
    const layer: Layer = { trace: { ...trace, decidedBy: rule.name, outcome: 'allow' } };
    return { layer, terms: rule.then, rule: rule.name };
  }
  if (undecided) return { layer: { trace: { ...trace, outcome: 'undecided' } } };
  const denial: Denial = { reason: 'no_rule', layer: name };
  return { layer: { trace: { ...trace, outcome: 'deny' }, denial } };
}

/** Applies a policy whose rules set terms instead of allowing or denying: enrollment policy and profile policy. */
import type { Denial, Layer } from '../../model/decision.ts';
import type { RuleFacts } from '../../model/facts.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy } from './compile.ts';
import { findRule, reportOf } from './rules.ts';

/** What the policy says. `terms` is absent if there is no policy or the policy is undecided. */
export interface TermsRuling<Terms> {
  readonly layer?: Layer;
  readonly terms?: Terms;
  /** Name of the deciding rule. */
  readonly rule?: string;
  /** The terms of the rule that would decide if rules that only report were enforced. */
  readonly reportedTerms?: Terms;
}

/** The ruling. It is empty without a policy, and denies if no rule holds or a condition fails. */
export function termsRuling<Terms>(
  name: 'enrollment' | 'profile',
  policy: CompiledPolicy<RuleHead & { readonly then: Terms }> | undefined,
  facts: RuleFacts,
): TermsRuling<Terms> {
  if (policy === undefined) return {};
  const { undecided, rule, failed, traces } = findRule(policy, facts);
  const reported = reportOf(policy, facts, () => 'allow');
  const trace = {
    layer: name,
    policy: policy.name,
    rules: traces,
    ...reported?.traces,
  } as const;
  const decider = reported?.decider;
  const reportedTerms = decider?.trace.outcome === 'allow' && { reportedTerms: decider.rule.then };
  if (rule) {
    const layer: Layer = { trace: { ...trace, decidedBy: rule.name, outcome: 'allow' } };
    return { layer, terms: rule.then, rule: rule.name, ...reportedTerms };
  }
  if (undecided) return { layer: { trace: { ...trace, outcome: 'undecided' } }, ...reportedTerms };
  const denial: Denial = failed
    ? { reason: 'condition_failed', layer: name, rule: failed.name }
    : { reason: 'no_rule', layer: name };
  const denying = { ...trace, ...(failed && { decidedBy: failed.name }), outcome: 'deny' } as const;
  return { layer: { trace: denying, denial }, ...reportedTerms };
}

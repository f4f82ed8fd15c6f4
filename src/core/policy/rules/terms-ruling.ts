/** Applies a policy whose rules say terms rather than allow or deny: enrollment policy and profile policy. */
import type { Denial, Layer } from '../../model/decision.ts';
import type { RuleFacts } from '../../model/facts.ts';
import type { RuleHead } from '../../model/policy.ts';
import type { CompiledPolicy } from './compile.ts';
import { findRule, reportOf } from './rules.ts';

/** What the policy says. Without `terms` it says nothing: there is no policy, or it is undecided. */
export interface TermsRuling<Terms> {
  readonly layer?: Layer;
  readonly terms?: Terms;
  /** Name of the rule that decided. */
  readonly rule?: string;
}

/** Without a policy the ruling is empty. No rule holds, or a condition fails: deny. */
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
    ...(reported && { reported: reported.trace }),
  } as const;
  if (rule) {
    const layer: Layer = { trace: { ...trace, decidedBy: rule.name, outcome: 'allow' } };
    return { layer, terms: rule.then, rule: rule.name };
  }
  if (undecided) return { layer: { trace: { ...trace, outcome: 'undecided' } } };
  const denial: Denial = failed
    ? { reason: 'condition_failed', layer: name, rule: failed.name }
    : { reason: 'no_rule', layer: name };
  return { layer: { trace: { ...trace, ...(failed && { decidedBy: failed.name }), outcome: 'deny' }, denial } };
}

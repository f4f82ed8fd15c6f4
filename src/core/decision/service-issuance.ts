/** Whether a service may have a token (RFC 6749 section 4.4). There is no user, so no condition waits for one. */
import type { Facts } from '../model/facts.ts';
import type { ServiceRule } from '../model/service-policy.ts';
import type { LayerTrace, Trace } from '../model/trace.ts';
import type { CompiledPolicy } from '../policy/compile.ts';
import { findRule, reportOf } from '../policy/rules.ts';

/** Why a service gets no token. */
export type ServiceDenial = 'rule' | 'no_rule';

/** The decision, and why. */
export type ServiceDecision = { readonly trace: Trace } & (
  | { readonly allow: true }
  | { readonly allow: false; readonly reason: ServiceDenial }
);

/** Without a policy the configuration of the app is all that counts. What no rule decides is denied (Law 4). */
export function evaluateService(policy: CompiledPolicy<ServiceRule> | undefined, facts: Facts): ServiceDecision {
  if (policy === undefined) return { allow: true, trace: { layers: [] } };
  const { rule, traces } = findRule(policy, facts);
  const report = reportOf(policy, facts);
  const outcome = rule?.then.kind ?? 'deny';
  const layer: LayerTrace = {
    layer: 'service',
    policy: policy.name,
    rules: traces,
    ...(rule && { decidedBy: rule.name }),
    outcome,
    ...(report && { reported: { ...report.trace, outcome: report.rule.then.kind } }),
  };
  const trace = { layers: [layer] };
  return outcome === 'allow' ? { allow: true, trace } : { allow: false, reason: rule ? 'rule' : 'no_rule', trace };
}

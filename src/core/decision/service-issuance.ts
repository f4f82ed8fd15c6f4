/**
 * Whether a service may get a token by client credentials (RFC 6749 section 4.4). There is no user, so no condition
 * waits for one.
 */
import type { Facts } from '../model/facts.ts';
import type { ServiceRule } from '../model/service-policy.ts';
import type { LayerTrace, Trace } from '../model/trace.ts';
import type { CompiledPolicy } from '../policy/rules/compile.ts';
import { findRule, reportOf } from '../policy/rules/rules.ts';

/** Why a service gets no token. */
export type ServiceDenial = 'rule' | 'no_rule' | 'condition_failed';

/** The decision and its trace. */
export type ServiceDecision = { readonly trace: Trace } & (
  | { readonly allow: true }
  | { readonly allow: false; readonly reason: ServiceDenial }
);

/** Without a policy only the configuration of the app counts. If no rule decides, the answer is deny (Law 4). */
export function evaluateService(policy: CompiledPolicy<ServiceRule> | undefined, facts: Facts): ServiceDecision {
  if (policy === undefined) return { allow: true, trace: { layers: [] } };
  const { rule, failed, traces } = findRule(policy, facts);
  const decider = rule ?? failed;
  const reported = reportOf(policy, facts, ({ then }) => then.kind);
  const outcome = rule?.then.kind ?? 'deny';
  const layer: LayerTrace = {
    layer: 'service',
    policy: policy.name,
    rules: traces,
    ...(decider && { decidedBy: decider.name }),
    outcome,
    ...reported?.traces,
  };
  const trace = { layers: [layer] };
  if (outcome === 'allow') return { allow: true, trace };
  const reason = failed ? 'condition_failed' : 'no_rule';
  return { allow: false, reason: rule ? 'rule' : reason, trace };
}

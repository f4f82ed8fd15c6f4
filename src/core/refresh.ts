/** May a refresh token still be used? */
import type { PolicySet } from './compile.ts';
import { policyLayers, traceOf } from './layers.ts';
import type { DenyReason, Facts, Trace } from './model.ts';

export type RefreshDecision = { readonly trace: Trace } & (
  | { readonly allow: true }
  | { readonly allow: false; readonly reason: DenyReason }
);

/**
 * Judges a refresh by the newest policies: status of the account, and whether a rule denies. It asks for no new evidence: nobody is
 * there to give it, and the tokens keep the `acr`, `amr` and `auth_time` of the sign-in. No subject (the account is gone): deny.
 */
export function evaluateRefresh(policies: PolicySet, facts: Facts): RefreshDecision {
  const { layers, denial } = policyLayers(policies, facts);
  const trace = traceOf(layers, facts.request, []);
  if (facts.subject?.status !== 'active') return { allow: false, reason: 'account_inactive', trace };
  return denial ? { allow: false, reason: denial.reason, trace } : { allow: true, trace };
}

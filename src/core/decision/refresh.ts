/** Whether a refresh token may still be used. */
import type { DenyReason } from '../model/decision.ts';
import type { Facts } from '../model/facts.ts';
import type { Trace } from '../model/trace.ts';
import type { PolicySet } from '../policy/compile.ts';
import { policyLayers, traceOf } from './layers.ts';

/** The decision about a refresh, and why. */
export type RefreshDecision = { readonly trace: Trace } & (
  | { readonly allow: true }
  /** `enrollment_gone`: the tokens rest on a proof by an enrollment that the user no longer has. */
  | { readonly allow: false; readonly reason: DenyReason | 'enrollment_gone' }
);

/**
 * Decides by the newest policies: the status of the account, whether a rule denies, and whether the enrollments that
 * the tokens rest on (`basisEnrollments`: their ids) all still exist. It requires no new evidence: no user is there to
 * give it, and the tokens keep the `acr`, `amr` and `auth_time` of the sign-in. Without a subject (the account is
 * gone): deny.
 */
export function evaluateRefresh(
  policies: PolicySet,
  facts: Facts,
  basisEnrollments: readonly string[],
): RefreshDecision {
  const { layers, denial } = policyLayers(policies, facts);
  const trace = traceOf(layers, facts.request, []);
  if (facts.subject?.status !== 'active') return { allow: false, reason: 'account_inactive', trace };
  if (denial) return { allow: false, reason: denial.reason, trace };
  const has = (id: string) => facts.subject?.enrollments.some((one) => one.id === id);
  return basisEnrollments.every(has) ? { allow: true, trace } : { allow: false, reason: 'enrollment_gone', trace };
}

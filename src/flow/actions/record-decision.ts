/** Which decisions of the step loop are audited: a request for more proofs, a denial, a user who leaves. */

import type { Decision } from '../../core/model/decision.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { audit } from '../audit.ts';
import { auditTrace, decidingRule, decidingRules } from '../audit-trace.ts';
import { sampledSession } from '../browser/sso-session.ts';
import { auditContext, type Decided, type OpenTransaction } from '../transaction/open-transaction.ts';

/**
 * Returns the transaction with a note of what was recorded. When a user who has proved something is asked for more,
 * this is recorded once for each set of layers that ask. A denial is recorded once, however often its page is shown.
 */
export function recordDecision(context: OpenTransaction, decided: Decided): OpenTransaction {
  const { facts, decision } = decided;
  const isKnown = facts.subject !== undefined && facts.evidence.length > 0;
  if (decision.kind === 'allow' || (decision.kind !== 'deny' && !isKnown)) return context;
  const { transaction } = context;
  const key = decision.kind === 'deny' ? denialKey(decided) : askedKey(decided.decision);
  if (key === transaction.recorded) return context;
  if (decision.kind === 'deny') auditDenial(context, decided);
  else auditAsked(context, decided);
  return { ...context, transaction: { ...transaction, recorded: key } };
}

/** What the user is asked for, and by which layers. */
export function askedKey({ kind, trace }: Pick<Decision, 'kind' | 'trace'>): string {
  const unmet = trace.layers.filter(({ satisfied, outcome }) => satisfied === false || outcome === 'deny');
  return [kind, ...unmet.map(({ layer }) => layer)].join(' ');
}

/** A denial with another reason or by another rule is a different one. */
function denialKey({ decision }: Decided): string {
  return ['deny', decision.kind === 'deny' ? decision.reason : '', decidingRule(decision)].join(' ');
}

function auditAsked(context: OpenTransaction, { facts, decision }: Decided): void {
  const { transaction, request, services } = context;
  audit(request.unit, services.audit, {
    event: 'sign_in.asked',
    outcome: 'pending',
    ...auditContext(context),
    ...decidingRules(decision),
    ...auditTrace(decision, facts, transaction.id),
  });
}

function auditDenial(context: OpenTransaction, { facts, decision }: Decided): void {
  const { request, services, snapshot, app, transaction } = context;
  const session = sampledSession(request.unit, transaction.session);
  const { subject: _, ...anonymous } = facts;
  request.unit.afterCommit(() =>
    services.shadow.take({
      kind: 'sign_in',
      snapshot,
      app,
      // A decoy is no user. It is denied only by what denies all users, without knowing them.
      facts: transaction.subject?.decoy ? anonymous : facts,
      transaction: transaction.id,
      isDenied: true,
      at: facts.now,
      ...omitUndefined({ brought: request.visitor.brought }),
      ...session,
    }),
  );
  audit(context.request.unit, context.services.audit, {
    event: 'sign_in.denied',
    outcome: 'deny',
    ...auditContext(context),
    ...decidingRules(decision),
    ...auditTrace(decision, facts, context.transaction.id),
    ...(decision.kind === 'deny' && { reason: decision.reason }),
  });
}

/** The user left, or granted the app nothing. */
export function auditLeaving(context: OpenTransaction, { facts, decision }: Decided): void {
  const { request, services, transaction } = context;
  const about = { outcome: 'failure' as const, ...auditContext(context) };
  if (decision.kind === 'consent') audit(request.unit, services.audit, { event: 'consent.refused', ...about });
  else {
    const asked = { rule: decidingRule(decision), ...auditTrace(decision, facts, transaction.id) };
    audit(request.unit, services.audit, { event: 'sign_in.cancelled', ...about, ...asked });
  }
}

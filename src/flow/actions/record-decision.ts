/** What the audit log keeps of decisions in the step loop: more is asked for, a denial, a user who leaves. */
import { audit } from '../audit.ts';
import { auditTrace, decidingRule, decidingRules } from '../audit-trace.ts';
import { auditContext, type Decided, type OpenTransaction } from '../transaction/open-transaction.ts';

/**
 * The transaction, which notes what was recorded. A user who has proved something learns that more is asked for, and so
 * does the log: once for each set of layers that ask.
 */
export function recordAsked(context: OpenTransaction, { facts, decision }: Decided): OpenTransaction {
  const { transaction, request, services } = context;
  const isKnown = facts.subject !== undefined && facts.evidence.length > 0;
  if (!isKnown || decision.kind === 'deny' || decision.kind === 'allow') return context;
  const unmet = decision.trace.layers.filter(({ satisfied, outcome }) => satisfied === false || outcome === 'deny');
  const asked = [decision.kind, ...unmet.map(({ layer }) => layer)].join(' ');
  if (asked === transaction.asked) return context;
  audit(request.unit, services.audit, {
    event: 'sign_in.asked',
    outcome: 'pending',
    ...auditContext(context),
    ...decidingRules(decision),
    ...auditTrace(decision, facts, transaction.id),
  });
  return { ...context, transaction: { ...transaction, asked } };
}

export function auditDenial(context: OpenTransaction, { facts, decision }: Decided): void {
  const { request, services, snapshot, app, transaction } = context;
  if (transaction.subject?.decoy === false)
    request.unit.afterCommit(() =>
      services.shadow.take({
        kind: 'sign_in',
        snapshot,
        app,
        facts,
        transaction: transaction.id,
        isDenied: true,
        at: facts.now,
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

/** The user left, or would let the app have nothing. */
export function auditLeaving(context: OpenTransaction, { facts, decision }: Decided): void {
  const { request, services, transaction } = context;
  const about = { outcome: 'failure' as const, ...auditContext(context) };
  if (decision.kind === 'consent') audit(request.unit, services.audit, { event: 'consent.refused', ...about });
  else {
    const asked = { rule: decidingRule(decision), ...auditTrace(decision, facts, transaction.id) };
    audit(request.unit, services.audit, { event: 'sign_in.cancelled', ...about, ...asked });
  }
}

/** The user starts again for the same request. This file promises: no earlier proof counts any more. */
import { forgetSubject, notRecovering } from '../../../core/step/transitions.ts';
import { giveProofSecret } from '../../browser/proof-secret.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';

/**
 * Starts again for the same request, in a browser that did not give the last proof. No earlier proof counts, and the
 * browser that gave it is excluded.
 */
export function begunAnew(context: OpenTransaction): OpenTransaction {
  const { session: _session, skipped: _skipped, ...rest } = context.transaction;
  const proofSecretHash = giveProofSecret(context.request.proofSecret);
  return {
    ...context,
    transaction: forgetSubject({ ...rest, event: newEvent(context), evidence: [], proofSecretHash }),
  };
}

/**
 * Another user wants to sign in. This starts a new transaction for the same request, without the session and the skips
 * of the previous one (Law 6). A user who was recovering a password only returns to the sign-in.
 */
export function restarted(context: OpenTransaction): OpenTransaction {
  if (context.transaction.recovering) return { ...context, transaction: notRecovering(context.transaction) };
  const { session: _session, skipped: _skipped, ...rest } = context.transaction;
  if (rest.expectedSubject !== undefined) return context;
  return { ...context, transaction: forgetSubject({ ...rest, event: newEvent(context), evidence: [] }) };
}

/** Evidence of the former user carries the former event, so it can never count again. */
function newEvent({ transaction, version }: OpenTransaction): string {
  return `${transaction.id}.${version}`;
}

/** The user forgot the password. This file promises: a recovery begins only where a page offers it. */
import { recovering } from '../../../core/step/transitions.ts';
import { audit } from '../../audit.ts';
import { auditContext, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { viewOf } from './select.ts';

/** Undefined if the page does not offer it, so that nothing begins. */
export async function recover(context: OpenTransaction, decided: Decided): Promise<OpenTransaction | undefined> {
  const { recoverable, identifyWith } = await viewOf(context, decided);
  const { decision } = decided;
  const isAsked =
    (decision.kind === 'identify' && identifyWith === recoverable) ||
    (decision.kind === 'challenge' && decision.options.some(({ authenticator }) => authenticator === recoverable));
  if (recoverable === undefined || !isAsked) return undefined;
  audit(context.request.unit, context.services.audit, {
    event: 'recovery.started',
    outcome: 'success',
    ...auditContext(context),
    authenticator: recoverable,
  });
  return { ...context, transaction: recovering(context.transaction) };
}

/**
 * During a sign-in, the user keeps an account that is due for deletion, or lets it be deleted (decision 68). This file
 * promises: either answer takes one form after the proof, and every address is notified if the account is kept.
 */
import { deletionAcknowledgedBy } from '../../../core/step/transitions.ts';
import { credentialsKey, userKey } from '../../../stores/keys.ts';
import { leaveDeletions, withoutDeletion } from '../../../users/record/deletion.ts';
import { serializeUser } from '../../../users/record/user.ts';
import { audit } from '../../audit.ts';
import { accountChanged } from '../../notify/account-notification.ts';
import { notificationContext, notify } from '../../notify/notify.ts';
import { accountIn, auditContext, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { type ActionResult, withTransaction } from '../verification/verify.ts';

/**
 * Accepts the form only while the deletion is still due. Compare-and-swap: a faster worker may have deleted the
 * account.
 */
export async function answerKeepAccount(context: OpenTransaction, { decision }: Decided): Promise<ActionResult> {
  const { request, services, transaction } = context;
  const account = await accountIn(context);
  if (decision.kind !== 'keep_account' || !account) return { context, notices: [] };
  const { id } = account.user;
  const value = serializeUser(withoutDeletion(account.user));
  request.unit.replace(userKey(id), { value, refs: [credentialsKey(id)] });
  request.unit.add(leaveDeletions({ user: id, dueAt: decision.dueAt }));
  notify(notificationContext(context, account), accountChanged('deletion_cancelled'));
  audit(request.unit, services.audit, {
    event: 'account.deletion_cancelled',
    outcome: 'success',
    ...auditContext(context),
  });
  return withTransaction(context, { ...transaction });
}

/** The user continues, and the account is deleted when it is due. */
export function letGo(context: OpenTransaction): OpenTransaction {
  return { ...context, transaction: deletionAcknowledgedBy(context.transaction) };
}

/**
 * The user keeps an account that waits for its deletion, or lets it go, while signing in (decision 68). This file
 * promises: either takes one form that follows the proof, and keeping is told at every address.
 */
import { deletionAcknowledgedBy } from '../../../core/step/transitions.ts';
import { credentialsKey, userKey } from '../../../stores/keys.ts';
import { leaveDeletions, withoutDeletion } from '../../../users/record/deletion.ts';
import { serializeUser } from '../../../users/record/user.ts';
import { audit } from '../../audit.ts';
import { loadAccount } from '../../facts/account.ts';
import { accountChanged } from '../../notify/account-notification.ts';
import { notificationContext, notify } from '../../notify/notify.ts';
import { auditContext, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { type ActionResult, withTransaction } from '../verification/verify.ts';

/** Takes the form only while the account still waits. By compare-and-swap: a worker that was faster has deleted it. */
export async function answerKeepAccount(context: OpenTransaction, { decision, facts }: Decided): Promise<ActionResult> {
  const { request, services, transaction } = context;
  const account = facts.subject && (await loadAccount(request.unit, facts.subject.id));
  const deletion = account?.user.deletion;
  if (decision.kind !== 'keep_account' || !account || !deletion) return { context, notices: [] };
  const { id } = account.user;
  const value = serializeUser(withoutDeletion(account.user));
  request.unit.replace(userKey(id), { value, refs: [credentialsKey(id)] });
  request.unit.add(leaveDeletions({ user: id, dueAt: deletion.dueAt }));
  notify(notificationContext(context, account), accountChanged('deletion_cancelled'));
  audit(request.unit, services.audit, {
    event: 'account.deletion_cancelled',
    outcome: 'success',
    ...auditContext(context),
  });
  return withTransaction(context, { ...transaction });
}

/** The user goes on, and the account is deleted when it is due. */
export function letGo(context: OpenTransaction): OpenTransaction {
  return { ...context, transaction: deletionAcknowledgedBy(context.transaction) };
}

/** The user continues without something that may be skipped for now: an enrollment, or optional attributes. */
import { skipping } from '../../../core/step/transitions.ts';
import { credentialsKey, userKey } from '../../../stores/keys.ts';
import { withSkip } from '../../../users/record/skips.ts';
import { serializeUser } from '../../../users/record/user.ts';
import { audit } from '../../audit.ts';
import { accountIn, auditContext, type Decided, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { skipProfile } from '../profile/profile.ts';
import { letGo } from './keep-account.ts';

/**
 * Counts the skip in the account, in the same commit and by compare-and-swap, so that two tabs cannot skip more often
 * than allowed. Undefined if the decision offers nothing to skip.
 */
export async function skip(context: OpenTransaction, { decision }: Decided): Promise<OpenTransaction | undefined> {
  if (decision.kind === 'profile') return skipProfile(context, decision);
  if (decision.kind === 'keep_account') return letGo(context);
  const { request, services, transaction } = context;
  const skippable = 'skippable' in decision ? decision.skippable : undefined;
  const account = await accountIn(context);
  if (!skippable || !account) return undefined;
  const { user } = account;
  request.unit.replace(userKey(user.id), {
    value: serializeUser({ ...user, skipped: withSkip(user.skipped ?? {}, skippable, services.now()) }),
    refs: [credentialsKey(user.id)],
  });
  audit(request.unit, services.audit, {
    event: 'enrollment.skipped',
    outcome: 'success',
    ...auditContext(context),
    authenticator: skippable.authenticators.join(' '),
    reason: skippable.reason,
  });
  return { ...context, transaction: skipping(transaction, skippable.authenticators) };
}

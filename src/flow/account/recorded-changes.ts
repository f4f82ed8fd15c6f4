/** Changes that users make to their own account. The caller has checked the form and Law 7. */

import { maskedAddress } from '../../core/model/mail-address.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import { credentialsKey } from '../../stores/keys.ts';
import { addressOf } from '../../users/identifiers/notification-addresses.ts';
import { serializeCredentials } from '../../users/record/user.ts';
import { releaseReservations } from '../../users/reservations/credential-reservations.ts';
import { audit } from '../audit.ts';
import { type AccountRequest, endOtherSessions } from '../browser/other-sessions.ts';
import type { SsoSession } from '../browser/sso-session.ts';
import { accountChanged, type ChangeDetails, type SelfServiceChange } from '../notify/account-notification.ts';
import { type NotificationContext, notify } from '../notify/notify.ts';
import { type OpenAccount, senderOf } from './open-account.ts';

/** The greatest length of an authenticator's name (characters). */
const maxLabelLength = 64;

/** The name in the form in which it is stored. Undefined if it is not a valid name. */
export function labelOf(text: string | undefined): string | undefined {
  const label = (text ?? '').normalize('NFC').replace(/\s+/g, ' ').trim();
  const fits = label !== '' && Array.from(label).length <= maxLabelLength && label.isWellFormed();
  return fits && !/[\p{Cc}\p{Cf}]/u.test(label) ? label : undefined;
}

/** Saved by compare-and-swap: of two simultaneous changes, one is refused as outdated. */
export function renameAuthenticator(context: OpenAccount, id: string, label: string): void {
  const { unit, account } = context;
  const { label: formerLabel = '', ...what } = changedAuthenticator(context, id);
  const changed = account.credentials.map((credential) =>
    credential.id === id ? { ...credential, label } : credential,
  );
  unit.replace(credentialsKey(account.user.id), { value: serializeCredentials(changed) });
  recordChange(context, 'renamed', { ...what, label, formerLabel });
}

/**
 * The caller has checked `refusalOf`. All other sessions end, because an attacker who holds the removed authenticator
 * may have started them.
 */
export async function removeAuthenticator(context: OpenAccount, id: string): Promise<void> {
  const { unit, account } = context;
  await endOtherSessions(
    accountRequest(context, true),
    account.credentials.filter((credential) => credential.id !== id),
  );
  for (const op of releaseReservations(account.credentials.filter((credential) => credential.id === id))) {
    if (op.op === 'delete') unit.delete(op.key);
  }
  recordChange(context, 'removed', { ...changedAuthenticator(context, id), otherSessionsEnded: true });
}

export async function endOneSession(context: OpenAccount, { uid }: SsoSession): Promise<void> {
  await context.services.sessions.end(uid);
  recordChange(context, 'session_ended');
}

/**
 * Voids everything that was issued earlier, including sessions that are not listed any more. Only this session stays.
 */
export async function endAllOtherSessions(context: OpenAccount): Promise<void> {
  await endOtherSessions(accountRequest(context, false), context.account.credentials);
  recordChange(context, 'sessions_ended', { otherSessionsEnded: true });
}

function accountRequest({ session, ...request }: OpenAccount, withTokens: boolean): AccountRequest {
  return { ...request, session: session.uid, withTokens };
}

function changedAuthenticator({ account }: OpenAccount, id: string): ChangeDetails {
  const one = account.credentials.find((credential) => credential.id === id);
  if (!one) return {};
  const address = addressOf(one);
  return {
    authenticator: one.authenticator,
    ...omitUndefined({ label: one.label }),
    ...(address === undefined ? {} : { address: maskedAddress(address) }),
  };
}

/** A change, and the addresses that belong to the user from now on. */
export interface RecordedChange extends ChangeDetails {
  readonly newAddresses?: readonly string[];
}

/** Notifications present the change as one of the account itself, not of an app. */
export function notifierOf(
  context: Pick<OpenAccount, 'services' | 'unit' | 'visitor' | 'account' | 'snapshot'>,
): NotificationContext {
  const { account, snapshot, visitor } = context;
  const where = { app: snapshot.settings.brand.name, place: addressPlaceText(snapshot, visitor.ip) };
  return { ...senderOf(context), account, ...where };
}

/** Notifies the user of a change and audits it, in the commit of the change. */
export function recordChange(
  context: Parameters<typeof notifierOf>[0],
  change: SelfServiceChange,
  { newAddresses = [], ...what }: RecordedChange = {},
): void {
  const { unit, services, account, snapshot, visitor } = context;
  const { authenticator, otherSessionsEnded } = what;
  notify(notifierOf(context), accountChanged(change, what), { newAddresses });
  audit(unit, services.audit, {
    event: `account.${change}`,
    outcome: 'success',
    subject: account.user.id,
    client: accountClientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    ...omitUndefined({ authenticator }),
    ...(otherSessionsEnded ? { otherSessionsEnded } : {}),
  });
}

/**
 * Notifies users, at all their addresses, of a sign-in from a browser that is new to the account. This file promises:
 * the notification is written in the commit of the sign-in and needs no extra round trip; an account's first sign-in
 * causes none; a browser that keeps no cookies cannot flood the mailbox.
 */
import { oneDay, oneWeek } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import type { App } from '../../policy/model/app.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { addressPlaceText } from '../../policy/schema/settings/zones.ts';
import { credentialsKey, usedBrowserKey, userKey } from '../../stores/keys.ts';
import { browserText } from '../../user-agent.ts';
import { notificationAddresses } from '../../users/identifiers/notification-addresses.ts';
import { parseUser, serializeUser, type User } from '../../users/record/user.ts';
import { audit } from '../audit.ts';
import { loadAccount } from '../facts/account.ts';
import { createLink } from './account-links.ts';
import { notificationDeliveries } from './account-notification.ts';
import { enqueueMessages, type MessageContext } from './enqueue-messages.ts';

/** How long a sign-in can be reported (seconds). */
const reportPeriod: Seconds = oneWeek;
/** Notifications per day. The account page shows all sign-ins. */
const perDay = 10;

export interface NewSignIn extends Omit<MessageContext, 'account' | 'client'> {
  /** Id of the account. */
  readonly subject: string;
  /** The user has signed in with this browser before, at whatever level. */
  readonly isUsedBrowser: boolean;
  /** Uid of the SSO session. */
  readonly session: string;
  readonly app: App;
  readonly snapshot: Snapshot;
}

/** If mail cannot be sent, nothing is sent, and the account page says so. */
export async function tellOfNewBrowser(signIn: NewSignIn): Promise<void> {
  const { services, unit, subject, isUsedBrowser } = signIn;
  if (!services.canMail()) return;
  const account = await loadAccount(unit, subject);
  if (!account) return;
  const { newBrowserNotices: notified } = account.user;
  const now = services.now();
  if (notified === undefined) return noted(signIn, () => []);
  if (isUsedBrowser || notificationAddresses(account).length === 0) return;
  const isLimited = recent(notified, now).length >= perDay;
  auditNotice(signIn, isLimited);
  if (isLimited) return;
  noted(signIn, (before) => [...recent(before, now), now]);
  notifyOwner(signIn, account, now);
}

function recent(times: readonly Seconds[], now: Seconds): readonly Seconds[] {
  return times.filter((at) => at > now - oneDay);
}

/** Merged, so that this cannot make a sign-in lose a race. */
function noted({ unit, subject }: NewSignIn, next: (notified: readonly Seconds[]) => readonly Seconds[]): void {
  unit.merge(userKey(subject), (current) => {
    if (current === undefined) return undefined;
    const user: User = parseUser(current);
    const changed = { ...user, newBrowserNotices: next(user.newBrowserNotices ?? []) };
    return { value: serializeUser(changed), refs: [credentialsKey(subject)] };
  });
}

function notifyOwner(signIn: NewSignIn, account: NonNullable<MessageContext['account']>, time: Seconds): void {
  const { services, unit, visitor, subject: user, session, app, snapshot } = signIn;
  const place = { ip: addressPlaceText(snapshot, visitor.ip), ...browserText(visitor.userAgent) };
  const usedBrowser = visitor.browserSecret === undefined ? '' : usedBrowserKey(visitor.browserSecret);
  const about = { kind: 'not_me', user, session, usedBrowser, at: time, app: app.name, ...place } as const;
  const link = createLink({ services, unit }, about, reportPeriod);
  const params = { link, does: 'not_me', until: time + reportPeriod };
  const deliveries = notificationDeliveries(
    account,
    { template: 'new-browser', params },
    { at: time, app: app.name, ...place },
  );
  enqueueMessages({ ...signIn, account, client: app.clientId }, deliveries);
}

function auditNotice({ services, unit, visitor, subject, app, snapshot, transaction }: NewSignIn, isLimited: boolean) {
  const where = {
    subject,
    client: app.clientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    ...(transaction ? { transaction: transaction.id } : {}),
  };
  if (isLimited)
    audit(unit, services.audit, { event: 'message.limited', outcome: 'failure', ...where, reason: 'new_browser' });
  else audit(unit, services.audit, { event: 'sign_in.new_browser', outcome: 'success', ...where });
}

/** Notifies users of changes that commands make to their account. */
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { timeZoneOf } from '../../core/profile/time-zone.ts';
import { isDemo, messageOps } from '../../delivery/outbox.ts';
import { StepgateError } from '../../errors.ts';
import { type AccountNotification, notificationDeliveries } from '../../flow/notify/account-notification.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import type { Op, Store } from '../../stores/store.ts';
import type { Account } from '../../users/record/user.ts';

/** The operations that put the notification into the outbox, for each address of the account before the change. */
export type WriteNotification = (before: Account, notification: AccountNotification) => readonly Op[];

/**
 * Writes nothing if the active configuration sends no mail and there is no demo inbox. Rejects with `StoreUnavailable`.
 */
export async function notificationWriter(
  store: Store,
  { authenticators, now }: { readonly authenticators: readonly AuthenticatorKind[]; readonly now: () => Seconds },
): Promise<WriteNotification> {
  if (!(await sendsMail(store, authenticators)) && !(await isDemo(store))) return () => [];
  return (before, notification) => {
    const { locale } = before.user.profile;
    const languages = locale === undefined ? {} : { languages: { uiLocales: locale, acceptLanguage: '' } };
    const timeZone = timeZoneOf(before.user.profile);
    const about = { subject: before.user.id, ...languages, ...omitUndefined({ timeZone }) };
    return notificationDeliveries(before, notification, { at: now() }).flatMap((delivery) =>
      messageOps(delivery, { now: now(), about, changed: before.user.id }),
    );
  };
}

/** Without a readable configuration nothing is sent, and the command still does its work. */
async function sendsMail(store: Store, authenticators: readonly AuthenticatorKind[]): Promise<boolean> {
  try {
    return (await new Revisions(store, { authenticators }).current())?.settings.mail !== undefined;
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return false;
    throw error;
  }
}

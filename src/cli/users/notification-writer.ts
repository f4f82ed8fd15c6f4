/** What people are told of what is done to their account on the command line. */

import type { Seconds } from '../../core/model/facts.ts';
import { isDemo, messageOps } from '../../delivery/outbox.ts';
import { StepgateError } from '../../errors.ts';
import { type AccountNotification, notificationDeliveries } from '../../flow/notify/account-notification.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import type { Op, Store } from '../../stores/store.ts';
import type { Account } from '../../users/user.ts';

/** The operations that leave the news with the outbox, for each address of the account as it was before. */
export type WriteNotification = (before: Account, news: AccountNotification) => readonly Op[];

/** Writes nothing where the configuration in use sends no mail, and no demo takes it into its inbox. Rejects with `StoreUnavailable`. */
export async function notificationWriter(
  store: Store,
  { authenticators, now }: { readonly authenticators: readonly AuthenticatorKind[]; readonly now: () => Seconds },
): Promise<WriteNotification> {
  if (!(await sendsMail(store, authenticators)) && !(await isDemo(store))) return () => [];
  return (before, news) => {
    const { locale } = before.user.profile;
    const languages = locale === undefined ? {} : { languages: { uiLocales: locale, acceptLanguage: '' } };
    const about = { subject: before.user.id, ...languages };
    return notificationDeliveries(before, news, { at: now() }).flatMap((delivery) =>
      messageOps(delivery, now(), about),
    );
  };
}

/** Without a configuration that can be read nothing is sent, and that keeps nobody from a reset. */
async function sendsMail(store: Store, authenticators: readonly AuthenticatorKind[]): Promise<boolean> {
  try {
    return (await new Revisions(store, { authenticators }).current())?.settings.mail !== undefined;
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return false;
    throw error;
  }
}

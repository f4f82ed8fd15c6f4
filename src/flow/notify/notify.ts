/** Tells people, in the commit of what happened, at all addresses that are known to be theirs. */
import { browserInWords } from '../../authenticators/shared/browser-in-words.ts';
import { placeInWords } from '../../policy/schema/zones.ts';
import type { Account } from '../../users/user.ts';
import type { Loop } from '../transaction/open-transaction.ts';
import { type News, newsTo } from './account-notification.ts';
import { post, type Sender } from './enqueue-message.ts';

/** Who is told, and what they were about. */
export interface Telling extends Sender {
  /** As it was before. */
  readonly account: Account;
  /** Name of the app. */
  readonly app: string;
  /** From where they were, in words. */
  readonly place: string;
}

export function tellingOf({ request, runtime, transaction, app, snapshot }: Loop, account: Account): Telling {
  const { unit, visitor } = request;
  const place = placeInWords(snapshot, visitor.ip);
  return { runtime, unit, visitor, account, app: app.name, place, client: app.clientId, transaction };
}

/**
 * `also`: addresses that are theirs from now on. No limit drops news: what causes it is limited, so that nothing happens unseen. Where no
 * mail goes out nobody is told, and the account page says so.
 */
export function tell(telling: Telling, news: News, also: readonly string[] = []): void {
  const { account, runtime, visitor, app, place } = telling;
  if (!runtime.canMail()) return;
  const circumstances = { at: runtime.now(), app, ip: place, ...browserInWords(visitor.userAgent) };
  post(telling, newsTo(account, news, circumstances, also));
}

/** Finds the user that an administrator names, as the subject of a decision. */
import type { Seconds, Subject } from '../../../core/model/facts.ts';
import type { Store } from '../../../stores/store.ts';
import { Directory } from '../../../users/directory/directory.ts';
import { type Account, toSubject } from '../../../users/record/user.ts';
import { refusal } from '../options/refusal.ts';

/** By identifier or account id. Rejects with one sentence if there is no such user, or with `StoreUnavailable`. */
export async function findSubject(store: Store, identifier: string, now: Seconds): Promise<Subject> {
  const directory = new Directory(store);
  const account = (await directory.findByIdentifier(identifier)) ?? (await accountById(directory, identifier));
  if (account === undefined) throw refusal(`there is no user ${JSON.stringify(identifier)}`);
  return toSubject(account.user, account.credentials, now);
}

/** Audit lines contain the account id of a user. */
async function accountById(directory: Directory, id: string): Promise<Account | undefined> {
  return /^[\w-]{22}$/.test(id) ? directory.get(id) : undefined;
}

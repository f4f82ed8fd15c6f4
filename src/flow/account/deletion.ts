/**
 * Users delete their own account. This file promises: nothing ends before the waiting time is over, every address is
 * told at once, and until then the user keeps the account with one click. The caller has checked the form, and for the
 * request Law 7.
 */
import type { Seconds } from '../../core/model/facts.ts';
import { credentialsKey, userKey } from '../../stores/keys.ts';
import { joinDeletions, leaveDeletions, withoutDeletion } from '../../users/record/deletion.ts';
import { serializeUser, type User } from '../../users/record/user.ts';
import { appsToNotify } from '../session-ends.ts';
import { recordChange } from './change.ts';
import { type NamedApps, namedApps } from './named-apps.ts';
import type { OpenAccount } from './open-account.ts';

/** When the account would be deleted if the user asked for it now (epoch seconds). */
export function deletionDueAt({ services, snapshot }: OpenAccount): Seconds {
  return services.now() + snapshot.settings.account.deletion.after;
}

/** Saved by compare-and-swap: of two changes at a time one is refused as out of date. */
export async function requestDeletion(context: OpenAccount): Promise<void> {
  const { services, account } = context;
  const deletion = { requestedAt: services.now(), dueAt: deletionDueAt(context) };
  await services.store.commit([joinDeletions(account.user.id, deletion)]);
  write(context, { ...account.user, deletion });
  const newAddresses = formerAddresses(account.user, services.now());
  recordChange(context, 'deletion_requested', { due: deletion.dueAt, newAddresses });
}

/** The account stays. */
export function keepAccount(context: OpenAccount): void {
  const { unit, account } = context;
  const { id, deletion } = account.user;
  if (deletion === undefined) return;
  write(context, withoutDeletion(account.user));
  unit.add(leaveDeletions({ user: id, dueAt: deletion.dueAt }));
  recordChange(context, 'deletion_cancelled');
}

/** Apps that are told when the account is deleted, as far as it is known now. Rejects with `StoreUnavailable`. */
export async function appsNotifiedOfDeletion({ services, snapshot, account }: OpenAccount): Promise<NamedApps> {
  const { store, now } = services;
  const names = (await appsToNotify({ store, now, snapshot }, account.user)).map(({ name }) => name);
  return namedApps([{ names, count: names.length }]);
}

function write({ unit }: OpenAccount, user: User): void {
  unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
}

/** Who can still take the account back may not learn of it too late. */
function formerAddresses({ formerIdentifiers = [] }: User, now: Seconds): readonly string[] {
  return formerIdentifiers.flatMap(({ kind, value, until }) => (kind === 'email' && until > now ? [value] : []));
}

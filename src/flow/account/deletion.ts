/**
 * Users delete their own account. This file promises: nothing is deleted before the waiting time has passed; every
 * address is notified at once; until then the user can keep the account with one click. The caller has checked the form
 * and, for the request, Law 7.
 */
import type { Seconds } from '../../core/model/facts.ts';
import { credentialsKey, userKey } from '../../stores/keys.ts';
import { joinDeletions, leaveDeletions, withoutDeletion } from '../../users/record/deletion.ts';
import { serializeUser, type User } from '../../users/record/user.ts';
import { appsToNotify } from '../session-ends.ts';
import { type NamedApps, namedApps } from './named-apps.ts';
import type { OpenAccount } from './open-account.ts';
import { recordChange } from './recorded-changes.ts';

/** When the account would be deleted if the user requested it now (epoch seconds). */
export function deletionDueAt({ services, snapshot }: OpenAccount): Seconds {
  return services.now() + snapshot.settings.account.deletion.after;
}

/** Saved by compare-and-swap: of two simultaneous changes, one is refused as outdated. */
export async function requestDeletion(context: OpenAccount): Promise<void> {
  const { services, account } = context;
  const deletion = { requestedAt: services.now(), dueAt: deletionDueAt(context) };
  await services.store.commit([joinDeletions(account.user.id, deletion)]);
  write(context, { ...account.user, deletion });
  const newAddresses = formerAddresses(account.user, services.now());
  recordChange(context, 'deletion_requested', { due: deletion.dueAt, newAddresses });
}

/** Cancels the deletion. */
export function keepAccount(context: OpenAccount): void {
  const { unit, account } = context;
  const { id, deletion } = account.user;
  if (deletion === undefined) return;
  write(context, withoutDeletion(account.user));
  unit.add(leaveDeletions({ user: id, dueAt: deletion.dueAt }));
  recordChange(context, 'deletion_cancelled');
}

/** Names of the apps that will be notified of the deletion, as far as is known now. Rejects with `StoreUnavailable`. */
export async function appsNotifiedOfDeletion({ services, snapshot, account }: OpenAccount): Promise<NamedApps> {
  const { store, now } = services;
  const names = (await appsToNotify({ store, now, snapshot }, account.user)).map(({ name }) => name);
  return namedApps([{ names, count: names.length }]);
}

function write({ unit }: OpenAccount, user: User): void {
  unit.replace(userKey(user.id), { value: serializeUser(user), refs: [credentialsKey(user.id)] });
}

/**
 * Former addresses that can still restore an identifier are notified as well, so that their owner learns of the
 * deletion in time.
 */
function formerAddresses({ formerIdentifiers = [] }: User, now: Seconds): readonly string[] {
  return formerIdentifiers.flatMap(({ kind, value, until }) => (kind === 'email' && until > now ? [value] : []));
}

/** Checks that there are users and that their records can be read. */
import { userKey, usersKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { accountsOf } from '../../users/record/account.ts';
import { type CheckResult, fail, ok, warn } from './finding.ts';

/** The most records to read: a check should take seconds (about ten for this many). */
const mostRead = 100_000;
/** The most damaged records to name. */
const mostNamed = 5;

/** `most`: the most records to read. */
export async function checkUsers(store: Store, most = mostRead): Promise<CheckResult> {
  const seen = new Set<string>();
  const damaged: string[] = [];
  let read = 0;
  for await (const page of store.members(usersKey)) {
    const ids = page.filter((id) => !seen.has(id));
    for (const id of ids) seen.add(id);
    const batch = ids.slice(0, Math.max(0, most - read));
    read += batch.length;
    damaged.push(...(await damagedOf(store, batch)));
  }
  if (seen.size === 0) return warn('users', 'there are none', 'npm run stepgate -- users add, or: users import');
  const total = `${seen.size} ${seen.size === 1 ? 'user' : 'users'}`;
  const looked = read === seen.size ? total : `${total}, of which ${read} were read`;
  if (damaged.length === 0) return ok('users', looked);
  const names = damaged.slice(0, mostNamed).join(', ') + (damaged.length > mostNamed ? ', …' : '');
  const text = `${looked}: ${damaged.length} cannot be read, or have no credentials (${names})`;
  return fail('users', text, 'restore them from a backup, or run the newer release that wrote them');
}

/** Ids of existing users whose records are incomplete. */
async function damagedOf(store: Store, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const { entries } = await store.load(ids.map(userKey));
  const whole = new Set(accountsOf(entries, ids).accounts.map(({ user }) => user.id));
  return ids.filter((id) => entries.get(userKey(id)) !== undefined && !whole.has(id));
}

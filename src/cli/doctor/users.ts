/** Checks that there are users. */
import { usersKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { type CheckResult, ok, warn } from './finding.ts';

export async function checkUsers(store: Store): Promise<CheckResult> {
  let count = 0;
  for await (const ids of store.members(usersKey)) count += ids.length;
  if (count === 0) return warn('users', 'there are none', 'npm run stepgate -- users add, or: users import');
  return ok('users', `${count} ${count === 1 ? 'user' : 'users'}`);
}

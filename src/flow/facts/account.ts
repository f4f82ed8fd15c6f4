/** The account within one request. */
import { credentialsKey, userKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { accountOf, type VersionedAccount } from '../../users/record/account.ts';

/** The account within this request. Loads it if no other load included it. */
export async function loadAccount(unit: UnitOfWork, id: string): Promise<VersionedAccount | undefined> {
  const { entries } = await unit.load([userKey(id), credentialsKey(id)]);
  return accountOf(entries, id);
}

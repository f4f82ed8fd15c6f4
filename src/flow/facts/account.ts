/** The account as one request has it. */
import { credentialsKey, userKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { accountOf, type VersionedAccount } from '../../users/record/account.ts';

/** The account as this request has it. Loads it when no other load brought it. */
export async function loadAccount(unit: UnitOfWork, id: string): Promise<VersionedAccount | undefined> {
  const { entries } = await unit.load([userKey(id), credentialsKey(id)]);
  return accountOf(entries, id);
}

/** An account whose deletion was asked for, as `/account/deletion` leaves it. */
import { credentialsKey, userKey } from '../../../src/stores/keys.ts';
import type { Store } from '../../../src/stores/store.ts';
import { joinDeletions } from '../../../src/users/record/deletion.ts';
import { parseUser, serializeUser } from '../../../src/users/record/user.ts';

/** `dueAt`: epoch seconds. */
export async function askForDeletion(store: Store, id: string, dueAt: number): Promise<void> {
  const key = userKey(id);
  const entry = (await store.load([key])).entries.get(key);
  const deletion = { requestedAt: dueAt - 1_209_600, dueAt };
  const value = serializeUser({ ...parseUser(entry?.value ?? ''), deletion });
  await store.commit([joinDeletions(id, deletion), { op: 'put', key, value, refs: [credentialsKey(id)] }]);
}

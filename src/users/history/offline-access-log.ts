/** The apps to which the user gave access that outlives the session, for the user to review. */
import type { Seconds } from '../../core/model/facts.ts';
import { keyTable } from '../../stores/key-table.ts';
import { offlineAccessLogKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';

/** One family of refresh tokens. The family itself records whether it is still valid. */
export interface OfflineAccessEntry {
  /** Client id of the app. */
  readonly client: string;
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Key of the family. */
  readonly family: string;
  /** Id of its grant. */
  readonly grant: string;
}

const keep = keyTable['offline-access-log'].lifetime.lines;
/** Stores may keep somewhat more lines than required. */
const page = 2 * keep;

export function appendOfflineAccess(unit: UnitOfWork, userId: string, entry: OfflineAccessEntry): void {
  unit.add({ op: 'append', key: offlineAccessLogKey(userId), value: JSON.stringify(entry), keep });
}

/** Oldest first. Rejects with `StoreUnavailable`. */
export async function readOfflineAccess(store: Store, userId: string): Promise<readonly OfflineAccessEntry[]> {
  const lines = await store.tail(offlineAccessLogKey(userId), undefined, page);
  return lines.map(({ value }) => JSON.parse(value) as OfflineAccessEntry);
}

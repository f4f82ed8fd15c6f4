/** What is restored into a store of either kind. */
import type { StoreState } from '../store.ts';
import type { BackupLine } from './backup-lines.ts';

export interface Restored {
  /** The content of a backup that was already read once to its end. */
  readonly lines: AsyncIterable<BackupLine>;
  /** The state of the store afterwards, in a new epoch. */
  readonly state: StoreState;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The version of a restored entry. It is greater than every version that the entry had before, so a request that began
 * before the restore cannot replace the restored entry by compare-and-swap.
 */
export function restoredVersion(version: number, { epoch }: StoreState): number {
  return Math.max(version + 1, Math.floor(epoch / 1000));
}

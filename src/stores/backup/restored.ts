/** What is restored into a store, whichever it is. */
import type { StoreState } from '../store.ts';
import type { BackupLine } from './lines.ts';

export interface Restored {
  /** The content of a backup that was read to its end once before. */
  readonly lines: AsyncIterable<BackupLine>;
  /** What the store says of itself afterwards: it is in a new epoch. */
  readonly state: StoreState;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * The version of an entry that is restored. It is greater than all that the entry had before, so that no request that
 * began before the restore can swap what it read for what was restored.
 */
export function restoredVersion(version: number, { epoch }: StoreState): number {
  return Math.max(version + 1, Math.floor(epoch / 1000));
}

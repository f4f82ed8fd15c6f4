/** Commands that need a store for a moment. */
import type { Store } from '../../../stores/store.ts';

/** Opens the store for one command, and closes it in any case. */
export async function withStore<Result>(
  { openStore }: { openStore(): Promise<Store> },
  use: (store: Store) => Promise<Result>,
): Promise<Result> {
  const store = await openStore();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

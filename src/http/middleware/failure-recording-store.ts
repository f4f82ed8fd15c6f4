/** A store that reports its failures, because oidc-provider turns every unknown error into another one. */
import { StoreUnavailable } from '../../errors.ts';
import type { Store } from '../../stores/store.ts';

/** The same store. `failed` is called with each `StoreUnavailable` before the caller gets it. */
export function failureRecordingStore(store: Store, failed: (error: StoreUnavailable) => void): Store {
  const watch = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (error instanceof StoreUnavailable) failed(error);
      throw error;
    }
  };
  return {
    load: (...args) => watch(store.load(...args)),
    commit: (...args) => watch(store.commit(...args)),
    reserve: (...args) => watch(store.reserve(...args)),
    members: (key) => store.members(key),
    tail: (...args) => watch(store.tail(...args)),
    ping: () => watch(store.ping()),
    examine: (now) => watch(store.examine(now)),
    confirm: () => watch(store.confirm()),
    close: () => store.close(),
  };
}

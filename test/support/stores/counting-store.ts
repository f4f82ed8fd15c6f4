/** A store that counts its round trips, for tests of what known and unknown users cost. */
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import type { Store } from '../../../src/stores/store.ts';

export interface CountingStore {
  readonly store: Store;
  /** Round trips of sign-ins so far. What a node does by itself, such as looking for the newest revision, is none. */
  trips(): number;
}

export function countingStore(): CountingStore {
  const inner = openEmbedded({ file: ':memory:' });
  let trips = 0;
  const isOfSignIn = (args: readonly unknown[]) =>
    /"(?:transaction|identifier|user|credentials|recipient|sending-quota|network-requests):/.test(JSON.stringify(args));
  const counted =
    <Args extends readonly unknown[], Result>(act: (...args: Args) => Result) =>
    (...args: Args): Result => {
      if (isOfSignIn(args)) trips += 1;
      return act(...args);
    };
  const store: Store = {
    ...inner,
    load: counted(inner.load.bind(inner)),
    commit: counted(inner.commit.bind(inner)),
    reserve: counted(inner.reserve.bind(inner)),
  };
  return { store, trips: () => trips };
}

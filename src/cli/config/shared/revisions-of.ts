/** The revisions in a store, with the command's clock. */
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Store } from '../../../stores/store.ts';
import type { ConfigContext } from './config-context.ts';

export function revisionsOf(
  store: Store,
  { authenticators, now }: Pick<ConfigContext, 'authenticators' | 'now'>,
): Revisions {
  return new Revisions(store, { authenticators, now: () => now() * 1000 });
}

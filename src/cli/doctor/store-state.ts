/**
 * Reports the version of the store's documents, what becomes true only after its upgrade is finished, and its epoch.
 */
import { storeStateKey } from '../../stores/keys.ts';
import type { StoreSchema } from '../../stores/schema.ts';
import type { Store } from '../../stores/store.ts';
import { parseState } from '../../stores/store-state.ts';
import { type CheckResult, fail, ok, warn } from './finding.ts';

const finish = 'npm run stepgate -- store finish-upgrade';

export async function checkStoreState(store: Store, schema: StoreSchema): Promise<readonly CheckResult[]> {
  const entry = (await store.load([storeStateKey])).entries.get(storeStateKey);
  // Other checks report a store without a state.
  if (entry === undefined) return [];
  const state = parseState(entry.value);
  const { version, promises } = schema;
  if (state.rewriting) return [fail('schema', 'an upgrade was not finished to its end', finish)];
  if (state.schema === version) return [ok('schema', `the documents have version ${version}`), epochOf(state.epoch)];
  const pending = promises.map((promise) => warn('schema', `begins only when the upgrade is finished: ${promise}`));
  const text = `the documents have version ${state.schema}, and this release can write version ${version}`;
  return [warn('schema', text, `when every node runs this release: ${finish}`), ...pending, epochOf(state.epoch)];
}

function epochOf(epoch: number): CheckResult {
  if (epoch === 1) return ok('epoch', 'the first one: the store was never restored');
  return ok('epoch', `since ${new Date(epoch).toISOString()}: what was issued before is void`);
}

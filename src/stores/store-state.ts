/**
 * The state of a store: its schema version and its epoch. Every load includes it, so that a node learns of a change
 * with its next request. The fields of this document never change their meaning, because every release must be able to
 * say why it refuses a store.
 */
import { StepgateError, StoreUnavailable } from '../errors.ts';
import { storeStateKey } from './keys.ts';
import type { StoreSchema } from './schema.ts';
import type { Entry, Op, Store, StoreState } from './store.ts';

const firstEpoch = 1;

/** The state assumed for a store without one: nothing in it is void. */
export function stateless({ version }: StoreSchema): StoreState {
  return { schema: version, epoch: 0 };
}

/** Throws `StoreUnavailable` if the document is damaged. */
export function parseState(value: string): StoreState {
  try {
    const state = JSON.parse(value) as StoreState;
    if (Number.isSafeInteger(state.schema) && Number.isSafeInteger(state.epoch) && state.epoch > 0) return state;
  } catch {}
  throw new StoreUnavailable('the store does not say which epoch it is in: restore it from a backup');
}

/** Throws `StoreUnavailable` with the reason if this release must not work on a store in this state. */
export function assertUsable(state: StoreState, { version }: StoreSchema): void {
  const { schema, rewriting, restoring } = state;
  if (restoring)
    throw new StoreUnavailable(
      'a restore of this store was not finished: run `npm run stepgate -- restore` again, with --replace',
    );
  if (schema > version)
    throw new StoreUnavailable(
      `a newer release has finished its upgrade of this store: its documents have version ${schema}, and this release ` +
        `reads up to version ${version}. Run the newer release, or restore a backup from before the upgrade`,
    );
  if (schema < version - 1 || (schema < version && rewriting))
    throw new StoreUnavailable(
      `the documents of this store have version ${schema}${rewriting ? ' or older' : ''}, and this release reads from ` +
        `version ${version - 1} on: run the release of version ${schema + (rewriting ? 0 : 1)} first, and there ` +
        '`npm run stepgate -- store finish-upgrade`',
    );
}

/** Writes the first state of a new store. An existing state stays. */
export async function createState(store: Store, { version }: StoreSchema): Promise<void> {
  if ((await store.load([storeStateKey])).entries.get(storeStateKey) !== undefined) return;
  const state: StoreState = { schema: version, epoch: firstEpoch };
  // If another process was faster this fails, and its state stays.
  await store.commit([{ op: 'create', key: storeStateKey, value: JSON.stringify(state) }]);
}

/**
 * The next epoch. It is greater than the previous one, even if the clock was set back. `now`: milliseconds since 1970.
 */
export function nextEpoch(before: number, now: number): number {
  return Math.max(now, before + 1);
}

/**
 * Begins a new epoch: on every node, everything that expires and was issued earlier is void from the next load on.
 * Returns when the epoch began (epoch seconds). Rejects with `StoreUnavailable`, and with `StepgateError('busy')` if
 * another process changed the state at the same moment.
 */
export async function beginEpoch(store: Store, now: number): Promise<number> {
  const { entry, state } = await readState(store);
  const epoch = nextEpoch(state.epoch, now);
  await changeState(store, entry, { ...state, epoch });
  return Math.floor(epoch / 1000);
}

/** Rejects with `StoreUnavailable` if the store has no state. */
export async function readState(store: Store): Promise<{ readonly entry: Entry; readonly state: StoreState }> {
  const entry = (await store.load([storeStateKey])).entries.get(storeStateKey);
  if (entry === undefined) throw new StoreUnavailable('the state of the store is gone: restore it from a backup');
  return { entry, state: parseState(entry.value) };
}

/** Replaces the state. Rejects with `StepgateError('busy')` if another process was faster. */
export async function changeState(store: Store, { version }: Entry, state: StoreState): Promise<void> {
  const op: Op = { op: 'replace', key: storeStateKey, version, value: JSON.stringify(state) };
  if (!(await store.commit([op])).ok)
    throw new StepgateError('busy', 'another command changed the store at the same moment: look at it, and try again');
}

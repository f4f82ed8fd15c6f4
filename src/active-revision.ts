/**
 * What this node works with at the moment: the newest revision of the configuration, the keys, and the provider built
 * from both. Follows the store: a change anywhere is active here within a second, and a node that cannot follow says
 * that it is not ready.
 */

import type { Provider } from 'oidc-provider';
import type { Seconds } from './core/model/facts.ts';
import { type FailureLog, logFailure, StepgateError, StoreUnavailable, unexpectedFailure } from './errors.ts';
import { keepKeysEnabled } from './oidc/keys/enabled-keys.ts';
import { type Keyring, parseKeyring, publishedKeys, type SigningKey } from './oidc/keys/keyring.ts';
import type { Settings } from './policy/model/settings.ts';
import type { Revisions } from './policy/revision/revisions.ts';
import type { Snapshot } from './policy/revision/snapshot.ts';
import { keyringKey, revisionConfirmationKey, revisionPointerKey } from './stores/keys.ts';
import type { LoadedEntries, Op, Store } from './stores/store.ts';
import type { UnitOfWork } from './stores/unit-of-work.ts';

export interface ActiveRevisionOptions extends FailureLog {
  readonly store: Store;
  readonly revisions: Revisions;
  readonly build: (settings: Settings, keys: readonly SigningKey[]) => Provider;
  readonly now: () => Seconds;
  /** Records that a revision went back since it was not confirmed in time; `ops` are written in the same commit. */
  readonly recordExpiry: () => ExpiryRecord;
}

/** `written`: once the commit is done, with the number of the revision that is active now. */
export interface ExpiryRecord {
  readonly ops: (revision: number) => readonly Op[];
  readonly written: (revision: number) => void;
}

/** How often the store is asked (milliseconds). */
const pollInterval = 1000;
/** Without an answer of the store for this long, the node is not ready (milliseconds). */
const patience = 3000;

function noConfiguration(): StepgateError {
  return new StepgateError('not_configured', 'there is no configuration in the store');
}

export class ActiveRevision {
  readonly #options: ActiveRevisionOptions;
  #keyring: Keyring | undefined;
  #snapshot: Snapshot | undefined;
  #provider: Provider | undefined;
  /** Of the snapshot, with its hash: after a restore, its number may stand for another revision. */
  #pointer = '';
  /** What the provider was built from. */
  #builtFrom = '';
  #followedAt = 0;
  #failure: StepgateError | undefined;
  #stayedBecause: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ActiveRevisionOptions) {
    this.#options = options;
  }

  /**
   * Reads keys and configuration once, then follows changes. Rejects with `StoreUnavailable`, also if the store has no
   * keys or no configuration.
   */
  async start(): Promise<void> {
    await this.#follow();
    this.#schedule();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The secrets that sign cookies and forms. Throws `StepgateError('not_configured')` before they are loaded. */
  secrets(): Keyring['secrets'] {
    if (!this.#keyring) throw new StepgateError('not_configured', 'the keys of the server are not loaded yet');
    return this.#keyring.secrets;
  }

  current(): Snapshot | undefined {
    return this.#snapshot;
  }

  /** The newest revision that the request has seen: the pointer comes along with every load. */
  async snapshot(unit: UnitOfWork): Promise<Snapshot> {
    const pointer = unit.peek(revisionPointerKey);
    const snapshot = pointer ? await this.#options.revisions.at(pointer) : this.#snapshot;
    if (!snapshot) throw noConfiguration();
    return snapshot;
  }

  /** Throws `StepgateError('not_configured')` before there is a configuration. */
  provider(): Provider {
    if (!this.#provider) throw noConfiguration();
    return this.#provider;
  }

  /** Undefined if the node follows the store. */
  unreadyBecause(): StepgateError | undefined {
    const isOld = this.#provider === undefined || Date.now() - this.#followedAt > patience;
    if (this.#failure !== undefined && isOld) return this.#failure;
    return this.#provider ? undefined : noConfiguration();
  }

  /** Looks now instead of at the next tick: after a configuration was applied here. */
  async refresh(): Promise<void> {
    await this.#follow();
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      void this.#tick();
    }, pollInterval);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    const didServe = this.#provider !== undefined;
    try {
      await this.#follow();
    } catch (error) {
      // Often it did not answer before, which was said then.
      const isLost = didServe && this.#provider === undefined;
      this.#fail(error, isLost);
    }
    if (this.#timer !== undefined) this.#schedule();
  }

  /** Of failures that follow one another, the first of each kind is told. `isLost`: what was served is gone now. */
  #fail(error: unknown, isLost: boolean): void {
    const what = 'cannot follow the store';
    const isExpected = error instanceof StepgateError;
    const failure = isExpected ? error : unexpectedFailure(what, error);
    const isTold = this.#failure?.code === failure.code && !isLost;
    this.#failure = failure;
    if (isTold) return;
    logFailure(what, error, this.#options);
  }

  async #follow(): Promise<void> {
    const { store, revisions, now } = this.#options;
    const { entries } = await this.#load();
    const keyring = entries.get(keyringKey);
    const pointer = entries.get(revisionPointerKey);
    // A store that lost its keys or its configuration is not the store that we started with: no relying party could
    // verify what new keys would sign.
    if (!keyring) throw this.#lost('the keys are');
    if (!pointer) throw this.#lost('the configuration is');
    const snapshot = await revisions.at(pointer);
    this.#snapshot = snapshot;
    this.#pointer = pointer.value;
    this.#keyring = snapshot
      ? await keepKeysEnabled(
          store,
          { pointer, keyring },
          { algorithms: snapshot.settings.signing.algorithms, now: now(), isFirst: snapshot.revision === 1 },
        )
      : parseKeyring(keyring.value);
    this.#rebuild(now());
    this.#followedAt = Date.now();
    this.#failure = undefined;
  }

  /** What is active, once a revision that was not confirmed in time went back. Any node may be the one that does it. */
  async #load(): Promise<LoadedEntries> {
    const { store, revisions, recordExpiry } = this.#options;
    const keys = [revisionPointerKey, keyringKey, revisionConfirmationKey];
    const loaded = await store.load(keys);
    const { ops, written } = recordExpiry();
    const [pointer, confirmation] = [revisionPointerKey, revisionConfirmationKey].map((key) => loaded.entries.get(key));
    const revision = await revisions.expire(pointer, confirmation, { ops }).catch((error) => this.#stay(error));
    if (revision === undefined) return loaded;
    if (revision !== 'elsewhere') written(revision);
    return store.load(keys);
  }

  /** What cannot go back stays active: users could not sign in at all otherwise. */
  #stay(error: unknown): undefined {
    if (!(error instanceof StepgateError) || error.code === 'store_unavailable') throw error;
    if (this.#stayedBecause !== error.message)
      this.#options.warn(`the configuration was not confirmed in time, and cannot go back: ${error.message}`);
    this.#stayedBecause = error.message;
    return undefined;
  }

  /** Nothing is served from memory on a store that has lost what it was served from. */
  #lost(whatIs: string): StoreUnavailable {
    this.#snapshot = undefined;
    this.#provider = undefined;
    this.#builtFrom = '';
    return new StoreUnavailable(`${whatIs} gone from the store`);
  }

  #rebuild(now: Seconds): void {
    if (!this.#snapshot || !this.#keyring) return;
    const keys = publishedKeys(this.#keyring, now);
    const from = JSON.stringify([this.#pointer, this.#keyring.secrets, keys.map(({ jwk }) => jwk.kid)]);
    if (from === this.#builtFrom) return;
    this.#provider = this.#options.build(this.#snapshot.settings, keys);
    this.#builtFrom = from;
  }
}

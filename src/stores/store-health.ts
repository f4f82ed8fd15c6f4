/**
 * Checks repeatedly whether the store accepts writes and keeps them. Otherwise a full disk, a deleted file or a changed
 * setting would be found by the first user whose sign-in fails (Law 13).
 */
import { StoreUnavailable } from '../errors.ts';
import { keyringKey, writeProbeKey } from './keys.ts';
import { readStoreAlone, type StoreAlone, storeAloneText } from './redis/store-alone.ts';
import type { Store } from './store.ts';

export interface StoreHealthOptions {
  readonly store: Store;
  readonly warn: (message: string) => void;
  /** Called with failures that need an operator at once. */
  readonly alarm: (error: StoreUnavailable) => void;
  /** Pause between two probes (milliseconds). Default: 1 second. */
  readonly interval?: number;
  /** How long probes may fail before the node reports that it is not ready (milliseconds). Default: 3 seconds. */
  readonly patience?: number;
}

/** Lifetime of the probe (seconds). */
const probeLifetime = 60;
/** The settings of the store are examined once in this many probes. */
const examineEvery = 15;
/** While the store stands alone, an error is logged once in this many probes. */
const remindEvery = 600;

/** Writes a durable entry. Throws `StoreUnavailable` if it is uncertain whether every replica has it. */
export async function writeProbe(store: Store): Promise<void> {
  await store.commit([{ op: 'put', key: writeProbeKey, value: 'probe', ttl: probeLifetime }]);
  // The probe reaches only one part of a Cluster, so the others are confirmed here.
  await store.confirm();
}

export class StoreHealth {
  readonly #options: StoreHealthOptions;
  #timer: NodeJS.Timeout | undefined;
  #probes = 0;
  /** When probes began to fail (milliseconds since the epoch). */
  #failingSince: number | undefined;
  #failure: string | undefined;
  /** Why the settings of the store are not safe. */
  #unsafe: string | undefined;
  #warnings: readonly string[] = [];
  #alone: StoreAlone | undefined;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => void this.#turn(), this.#options.interval ?? 1_000);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Why the store cannot be relied on. Undefined if it can. */
  unreadyBecause(): string | undefined {
    if (this.#unsafe !== undefined) return this.#unsafe;
    const since = this.#failingSince;
    const isLong = since !== undefined && Date.now() - since >= (this.#options.patience ?? 3_000);
    return isLong ? this.#failure : undefined;
  }

  /** A temporary measure that is in force. Undefined if there is none. */
  warning(): string | undefined {
    return this.#alone && storeAloneText(this.#alone);
  }

  async #turn(): Promise<void> {
    await this.#probe();
    await this.#readDeclaration();
    this.#probes += 1;
    if (this.#probes % examineEvery === 0) await this.#examine();
    if (this.#timer !== undefined) this.start();
  }

  async #probe(): Promise<void> {
    const { store, warn, alarm } = this.#options;
    try {
      await store.ping();
      await writeProbe(store);
      if (this.#failingSince !== undefined) warn(`the store accepts writes again${await lossText(store)}`);
      this.#failingSince = undefined;
      this.#failure = undefined;
    } catch (error) {
      const failure = asUnavailable(error);
      if (this.#failingSince === undefined) alarm(failure);
      this.#failingSince ??= Date.now();
      this.#failure = failure.message;
    }
  }

  /** If the store does not answer there is nothing new to read, and the probe has reported it. */
  async #readDeclaration(): Promise<void> {
    const { store, warn, alarm } = this.#options;
    const former = this.#alone;
    const declaration = await readStoreAlone(store).catch(() => former);
    this.#alone = declaration;
    const isReminded = declaration !== undefined && this.#probes % remindEvery === 0;
    if (declaration !== undefined && (declaration.until !== former?.until || isReminded))
      alarm(new StoreUnavailable(`${storeAloneText(declaration)} (said by ${declaration.by})`));
    if (declaration === undefined && former !== undefined) warn('the store no longer stands alone');
  }

  async #examine(): Promise<void> {
    const { store, warn, alarm } = this.#options;
    // If the store does not answer its settings cannot be read, and the probe has reported it.
    if (this.#failingSince !== undefined) return;
    try {
      const warnings = await store.examine();
      for (const warning of warnings) if (!this.#warnings.includes(warning)) warn(warning);
      this.#warnings = warnings;
      if (this.#unsafe !== undefined) warn('the settings of the store are good again');
      this.#unsafe = undefined;
    } catch (error) {
      const failure = asUnavailable(error);
      if (this.#unsafe !== failure.message) alarm(failure);
      this.#unsafe = failure.message;
    }
  }
}

/** What came back may have lost everything: that it accepts writes is not the news then. */
async function lossText(store: Store): Promise<string> {
  const keyring = (await store.load([keyringKey])).entries.get(keyringKey);
  return keyring === undefined ? ', but the keys are gone from it' : '';
}

function asUnavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error;
  return new StoreUnavailable(error instanceof Error ? error.message : String(error), error);
}

/**
 * Compares a draft with the active configuration on real sign-ins, without any effect. After a request is written, it
 * passes on the input of its decision and continues. The node's worker evaluates later, outside any request, and adds
 * to the stored results. Failures here are counted, and never affect users. See decision 92.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import {
  type ComparedSide,
  compareIssuance,
  compareSignIn,
  withZones,
} from '../core/analysis/comparison/compare-decisions.ts';
import type { Seconds } from '../core/model/facts.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { parseShadow, type ShadowDraft } from '../policy/revision/shadow-draft.ts';
import { recordShadow, type ShadowComparison } from '../policy/revision/shadow-record.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { shadowKey } from '../stores/keys.ts';
import type { Store } from '../stores/store.ts';
import { PeriodicTask } from './periodic-task.ts';
import type { ShadowObserver, ShadowSample } from './services.ts';

export interface ShadowWorkerOptions {
  readonly store: Store;
  /** Opens the draft as a snapshot. Rejects if it cannot be read. */
  readonly open: (draft: ShadowDraft) => Promise<Snapshot>;
  readonly warn: (message: string) => void;
  /** Pause between two passes of the worker (milliseconds). */
  readonly interval?: number;
}

/** The most waiting samples, and the most denied sign-ins remembered (since a page may be shown again). */
const limits = { waiting: 1_000, denied: 1_000 };
/** Samples between two pauses, in which requests can run. */
const stretch = 10;

interface OpenDraft {
  /** Sign-ins are compared with it from this time on (epoch seconds). */
  readonly since: Seconds;
  readonly snapshot: Snapshot;
}

export class ShadowWorker implements ShadowObserver {
  readonly #options: ShadowWorkerOptions;
  #draft: (OpenDraft & { readonly value: string; readonly id: string }) | undefined;
  #waiting: ShadowSample[] = [];
  readonly #denied = new Set<string>();
  #failed = 0;
  #dropped = 0;
  #unreadable = '';
  readonly #passes: PeriodicTask;

  constructor(options: ShadowWorkerOptions) {
    this.#options = options;
    this.#passes = new PeriodicTask(() => this.pass(), options.interval ?? 2_000);
  }

  take(sample: ShadowSample): void {
    if (this.#draft === undefined || sample.facts.subject === undefined || this.#isRepeated(sample)) return;
    if (this.#waiting.length >= limits.waiting) this.#dropped += 1;
    else this.#waiting.push(sample);
  }

  #isRepeated({ transaction, isDenied }: ShadowSample): boolean {
    if (!isDenied || transaction === undefined) return false;
    if (this.#denied.has(transaction)) return true;
    if (this.#denied.size >= limits.denied) this.#denied.clear();
    this.#denied.add(transaction);
    return false;
  }

  start(): void {
    this.#passes.start();
  }

  /** Waits for the running pass, and processes what still waits. */
  async stop(): Promise<void> {
    await this.#passes.stop();
    await this.pass().catch(() => undefined);
  }

  /**
   * Reads the present draft from the store, and compares the waiting samples. Rejects with `StoreUnavailable`; the
   * samples then wait for the next pass.
   */
  async pass(): Promise<void> {
    await this.#follow();
    const draft = this.#draft;
    const samples = this.#waiting.splice(0);
    if (draft === undefined || samples.length + this.#failed + this.#dropped === 0) return;
    const compared = await this.#compareAll(samples, draft);
    const batch = { compared, failed: this.#failed, dropped: this.#dropped };
    this.#failed = 0;
    this.#dropped = 0;
    const isRecorded = await recordShadow(this.#options.store, draft.id, batch).catch(() => false);
    if (!isRecorded) this.#dropped += batch.dropped + compared.length;
  }

  async #follow(): Promise<void> {
    const { store, open, warn } = this.#options;
    const value = (await store.load([shadowKey])).entries.get(shadowKey)?.value;
    if (value === this.#draft?.value || value === this.#unreadable) return;
    this.#draft = undefined;
    this.#waiting = [];
    if (value === undefined) return;
    try {
      const draft = parseShadow(value);
      this.#draft = { value, id: draft.id, since: draft.at, snapshot: await open(draft) };
    } catch (error) {
      this.#unreadable = value;
      warn(`the draft of \`config shadow\` cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #compareAll(samples: readonly ShadowSample[], draft: OpenDraft): Promise<readonly ShadowComparison[]> {
    const compared: ShadowComparison[] = [];
    for (const [index, sample] of samples.entries()) {
      if (index % stretch === 0) await breathe();
      try {
        compared.push(await compare(sample, draft));
      } catch {
        this.#failed += 1;
      }
    }
    return compared;
  }
}

async function compare(sample: ShadowSample, { snapshot: draft, since }: OpenDraft): Promise<ShadowComparison> {
  const { kind, snapshot, app, facts, transaction, at } = sample;
  const { clientId: client } = app;
  const before: ComparedSide = { policies: await snapshot.policies(app), facts };
  const theirs = await draft.app(client);
  const policies = theirs?.signOnPolicies && (await draft.policies(theirs));
  const after: ComparedSide = { ...(policies && { policies }), facts: withZones(facts, draft.zonesOf) };
  const isToken = kind === 'token';
  const comparison = isToken ? compareIssuance(before, after, { time: at, since }) : compareSignIn(before, after);
  return omitUndefined({
    ...comparison,
    kind,
    client,
    at,
    transaction,
    zones: facts.network.zones.slice(0, 10),
    subject: facts.subject?.id ?? '',
    revision: snapshot.revision,
  });
}

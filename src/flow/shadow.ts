/**
 * Compares a draft with the active configuration on real sign-ins, without any effect. After a request is written, it
 * passes on the input of its decision and continues. The node's worker evaluates later, outside any request. It gathers
 * what only the draft asks about, and adds to the stored results. Failures here are counted, the first of each kind is
 * logged, and none affects users. See decisions 92 and 179.
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
import { type FailureLog, logFailure } from '../errors.ts';
import { parseShadow, type ShadowDraft } from '../policy/revision/shadow-draft.ts';
import { recordShadow, type ShadowComparison, type UnknownToShadow } from '../policy/revision/shadow-record.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import { shadowKey } from '../stores/keys.ts';
import type { Store } from '../stores/store.ts';
import { UnitOfWork } from '../stores/unit-of-work.ts';
import { PeriodicTask } from './periodic-task.ts';
import type { ShadowObserver, ShadowSample } from './services.ts';
import { factsForDraft, keysForDraft, recordForDraft, unknownThatMatters } from './shadow-facts.ts';

export interface ShadowWorkerOptions extends FailureLog {
  readonly store: Store;
  /** Opens the draft as a snapshot. Rejects if it cannot be read. */
  readonly open: (draft: ShadowDraft) => Promise<Snapshot>;
  /** Pause between two passes of the worker (milliseconds). */
  readonly interval?: number;
}

/**
 * The most waiting samples, the most denied sign-ins remembered (since a page may be shown again), and the most kinds
 * of failures that are logged of one draft.
 */
const limits = { waiting: 1_000, denied: 1_000, logged: 10 };
/** Samples between two pauses, in which requests can run. What they need from the store is read at once. */
const stretch = 10;

const notCompared = 'a sign-in cannot be compared with the draft';

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
  /** Kinds of failures that are logged already. */
  #logged = new Set<string>();
  readonly #passes: PeriodicTask;

  constructor(options: ShadowWorkerOptions) {
    this.#options = options;
    this.#passes = new PeriodicTask(() => this.pass(), options.interval ?? 2_000);
  }

  take(sample: ShadowSample): void {
    if (this.#draft === undefined || this.#isRepeated(sample)) return;
    if (this.#waiting.length >= limits.waiting) this.#dropped += 1;
    else this.#waiting.push(sample);
  }

  /** Who is denied before identifying may identify later, and be denied for another reason. */
  #isRepeated({ transaction, isDenied, facts }: ShadowSample): boolean {
    if (!isDenied || transaction === undefined) return false;
    const name = JSON.stringify([transaction, facts.subject === undefined]);
    if (this.#denied.has(name)) return true;
    if (this.#denied.size >= limits.denied) this.#denied.clear();
    this.#denied.add(name);
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
    const { compared, leftOut } = await this.#compareAll(samples, draft);
    const batch = { compared, leftOut, failed: this.#failed, dropped: this.#dropped };
    this.#failed = 0;
    this.#dropped = 0;
    const isRecorded = await recordShadow(this.#options.store, draft.id, batch).catch((error: unknown) => {
      this.#logFirst('comparisons with the draft cannot be recorded', error);
      return false;
    });
    if (!isRecorded) this.#dropped += batch.dropped + samples.length - batch.failed;
  }

  async #follow(): Promise<void> {
    const { store, open } = this.#options;
    const value = (await store.load([shadowKey])).entries.get(shadowKey)?.value;
    if (value === this.#draft?.value || value === this.#unreadable) return;
    this.#draft = undefined;
    this.#waiting = [];
    this.#logged = new Set();
    if (value === undefined) return;
    try {
      const draft = parseShadow(value);
      this.#draft = { value, id: draft.id, since: draft.at, snapshot: await open(draft) };
    } catch (error) {
      this.#unreadable = value;
      logFailure('the draft of `config shadow` cannot be read', error, this.#options);
    }
  }

  async #compareAll(samples: readonly ShadowSample[], draft: OpenDraft): Promise<ComparedSamples> {
    const compared: ShadowComparison[] = [];
    const leftOut: UnknownToShadow[] = [];
    for (let start = 0; start < samples.length; start += stretch) {
      await breathe();
      const part = samples.slice(start, start + stretch);
      const unit = new UnitOfWork(this.#options.store);
      try {
        await unit.load(part.flatMap((sample) => keysForDraft(sample, draft.snapshot)));
      } catch (error) {
        this.#dropped += part.length;
        this.#logFirst(notCompared, error);
        continue;
      }
      for (const sample of part) {
        try {
          const comparison = await compare(sample, draft, unit);
          if (typeof comparison === 'string') leftOut.push(comparison);
          else compared.push(comparison);
        } catch (error) {
          this.#failed += 1;
          this.#logFirst(notCompared, error);
        }
      }
      // The past of an account that cannot be recorded is missing in later comparisons only.
      await unit.commit().catch(() => undefined);
    }
    return { compared, leftOut };
  }

  #logFirst(what: string, error: unknown): void {
    const kind = kindOfFailure(error);
    if (this.#logged.size >= limits.logged || this.#logged.has(kind)) return;
    this.#logged.add(kind);
    logFailure(what, error, this.#options);
  }
}

/** What was thrown, and where. Messages may name users, so that each would be another kind. */
function kindOfFailure(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const place = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return `${error.name}${place ?? ''}`;
}

interface ComparedSamples {
  readonly compared: readonly ShadowComparison[];
  /** What was not known of those that could not be compared. */
  readonly leftOut: readonly UnknownToShadow[];
}

/** A text: what is not known of the sign-in, so that it cannot be compared. */
async function compare(
  sample: ShadowSample,
  { snapshot: draft, since }: OpenDraft,
  unit: UnitOfWork,
): Promise<ShadowComparison | UnknownToShadow> {
  const { kind, snapshot, app, facts, transaction, at } = sample;
  const { clientId: client } = app;
  const active = await snapshot.policies(app);
  const before: ComparedSide = { policies: active, facts };
  const theirs = await draft.app(client);
  const policies = theirs?.signOnPolicies && (await draft.policies(theirs));
  const seen = factsForDraft(sample, draft, unit);
  const after: ComparedSide = { ...(policies && { policies }), facts: withZones(seen.facts, draft.zonesOf) };
  recordForDraft(sample, draft, { unit, policies: active });
  const missing = unknownThatMatters(after, sample, seen.unknown);
  if (missing !== undefined) return missing;
  const isToken = kind === 'token';
  const comparison = isToken ? compareIssuance(before, after, { time: at, since }) : compareSignIn(before, after);
  return omitUndefined({
    ...comparison,
    kind,
    client,
    at,
    transaction,
    zones: facts.network.zones.slice(0, 10),
    unknownZones: facts.network.unknownZones?.slice(0, 10),
    subject: facts.subject?.id,
    revision: snapshot.revision,
  });
}

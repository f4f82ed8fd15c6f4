/**
 * A bounded queue for password hashing. Hashing runs on libuv's thread pool, which signing, DNS and files share: with
 * too many hashes in flight, everything else waits for them. A hash that cannot start soon is refused with 503.
 */
import { availableParallelism } from 'node:os';
import { StepgateError } from '../../errors.ts';

/** The work for one Argon2id hash. */
export interface HashingCost {
  /** KiB. */
  readonly memoryCost: number;
  /** Passes. */
  readonly timeCost: number;
  /** Lanes. */
  readonly parallelism: number;
}

/** OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
export const owaspHashingCost: HashingCost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface HashingQueueOptions {
  /** Hashes in flight. Default: `hashingConcurrency()`. */
  readonly concurrency?: number;
  /** Hashes that may wait. Default 50. */
  readonly capacity?: number;
  /** Longest wait in seconds. Default 3. */
  readonly maxWait?: number;
  /** Cost of new hashes. Default `owaspHashingCost`. Tests that are not about hashing use less. */
  readonly cost?: HashingCost;
}

export interface HashingStats {
  readonly active: number;
  readonly waiting: number;
  /** Started since the queue was made. */
  readonly started: number;
  /** Refused since the queue was made: full, or waited too long. */
  readonly refused: number;
}

interface Waiting {
  readonly start: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Two threads of the pool stay free for signing and files, and no core runs two hashes at a time. `threadPoolSize`:
 * UV_THREADPOOL_SIZE.
 */
export function hashingConcurrency(cores: number = availableParallelism(), threadPoolSize = 4): number {
  return Math.max(1, Math.min(cores, threadPoolSize - 2));
}

/** Seconds after which a refused caller should try again. */
const retryAfter = 2;

export class HashingQueue {
  readonly cost: HashingCost;
  readonly #concurrency: number;
  readonly #capacity: number;
  readonly #maxWait: number;
  readonly #waiting = new Set<Waiting>();
  #active = 0;
  #started = 0;
  #refused = 0;

  constructor(options: HashingQueueOptions = {}) {
    this.#concurrency = options.concurrency ?? hashingConcurrency();
    this.#capacity = options.capacity ?? 50;
    this.#maxWait = options.maxWait ?? 3;
    this.cost = options.cost ?? owaspHashingCost;
  }

  get stats(): HashingStats {
    return { active: this.#active, waiting: this.#waiting.size, started: this.#started, refused: this.#refused };
  }

  /**
   * Runs `task` when there is a free slot, in the order of arrival. Rejects with `StepgateError('busy')` if the queue
   * is full or the wait too long.
   */
  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#active < this.#concurrency) {
      this.#begin();
      return;
    }
    if (this.#waiting.size >= this.#capacity) throw this.#refuse('the hashing queue is full');
    await new Promise<void>((resolve, reject) => this.#wait(resolve, reject));
  }

  #wait(resolve: () => void, reject: (error: StepgateError) => void): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(entry);
      reject(this.#refuse('a hash waited too long'));
    }, this.#maxWait * 1000);
    const entry: Waiting = { start: resolve, timer };
    this.#waiting.add(entry);
  }

  #begin(): void {
    this.#active += 1;
    this.#started += 1;
  }

  #leave(): void {
    this.#active -= 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    clearTimeout(next.timer);
    this.#begin();
    next.start();
  }

  #refuse(detail: string): StepgateError {
    this.#refused += 1;
    return new StepgateError('busy', detail, { retryAfter });
  }
}

/** Runs the reads and writes of the embedded store in transactions. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { StoreUnavailable } from '../../errors.ts';
import { isBusy, unavailable } from './database.ts';

interface Job {
  readonly run: () => unknown;
  readonly settle: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long a read or write waits for another process that has locked the file (ms). Below the 5 s of Law 13. */
const patience = 3_000;
const retryEvery = 10;

/**
 * Runs each read in a snapshot, and writes as group commits: all jobs of one turn of the event loop share one
 * transaction and one fsync, and settle only after COMMIT. A job must check before it writes, because a job that throws
 * makes its whole group fail.
 */
export class EmbeddedQueue {
  readonly #database: DatabaseSync;
  /** Throws if writes would be lost. */
  readonly #checkFile: () => void;
  readonly #beginRead: StatementSync;
  readonly #beginWrite: StatementSync;
  readonly #commit: StatementSync;
  #jobs: Job[] = [];
  #scheduled = false;
  #closed = false;

  constructor(database: DatabaseSync, checkFile: () => void) {
    this.#database = database;
    this.#checkFile = checkFile;
    this.#beginRead = database.prepare('BEGIN');
    this.#beginWrite = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
  }

  async read<T>(run: () => T): Promise<T> {
    const deadline = performance.now() + patience;
    for (;;) {
      if (this.#closed) throw new StoreUnavailable('the store is closed');
      try {
        return this.#transact(this.#beginRead, run);
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw unavailable(error);
        await pause(retryEvery);
      }
    }
  }

  write<T>(run: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    return this.#enqueue(run);
  }

  /** Waits for running writes, and refuses all later ones. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // Errors are reported to the callers that wrote.
    await this.#enqueue(() => undefined).catch(() => undefined);
  }

  #enqueue<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ run, settle: (value) => resolve(value as T), reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      const deadline = performance.now() + patience;
      setImmediate(() => this.#flush(deadline));
    });
  }

  #flush(deadline: number): void {
    const jobs = this.#jobs;
    let results: unknown[];
    try {
      this.#checkFile();
      results = this.#transact(this.#beginWrite, () => jobs.map((job) => job.run()));
    } catch (error) {
      if (isBusy(error) && performance.now() < deadline) {
        setTimeout(() => this.#flush(deadline), retryEvery);
        return;
      }
      this.#renew();
      const failure = unavailable(error);
      for (const job of jobs) job.reject(failure);
      return;
    }
    this.#renew();
    jobs.forEach((job, index) => {
      job.settle(results[index]);
    });
  }

  #renew(): void {
    this.#jobs = [];
    this.#scheduled = false;
  }

  #transact<T>(begin: StatementSync, run: () => T): T {
    begin.run();
    try {
      const result = run();
      this.#commit.run();
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

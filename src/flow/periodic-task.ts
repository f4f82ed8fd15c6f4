/** Work that a node repeats in the background, one pass at a time, until it is stopped. */

export class PeriodicTask {
  readonly #pass: () => Promise<unknown>;
  readonly #interval: number;
  #timer: NodeJS.Timeout | undefined;
  #current: Promise<void> = Promise.resolve();
  #isRunning = false;

  /** `interval`: milliseconds from the end of one pass to the next. Errors of a pass are ignored. */
  constructor(pass: () => Promise<unknown>, interval: number) {
    this.#pass = pass;
    this.#interval = interval;
  }

  start(): void {
    this.#isRunning = true;
    this.#run();
  }

  /** Waits for the running pass. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    await this.#current;
  }

  #run(): void {
    this.#current = this.#pass()
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => {
        if (!this.#isRunning) return;
        this.#timer = setTimeout(() => this.#run(), this.#interval);
        this.#timer.unref();
      });
  }
}

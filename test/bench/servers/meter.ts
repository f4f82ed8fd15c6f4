/** What a server under test tells the benchmark about itself, over the channel to its parent. */

/** Totals since the process began. */
export interface Reading {
  /** User and system time of all threads (ms). */
  readonly cpu: number;
  /** Times that a request waited for Redis. */
  readonly roundTrips: number;
  /** Resident set (MB). */
  readonly memory: number;
  /** Largest resident set so far (MB). */
  readonly peak: number;
}

/** First message of a server: where it listens. */
export interface Ready {
  readonly issuer: string;
}

/**
 * Says where the server listens, then answers every message with a reading. When the parent is gone, this process ends.
 */
export function serveReadings(ready: Ready, roundTrips: () => number): void {
  process.on('message', () => process.send?.(reading(roundTrips())));
  process.on('disconnect', () => process.exit(0));
  process.send?.(ready);
}

function reading(roundTrips: number): Reading {
  const { user, system } = process.cpuUsage();
  return {
    cpu: (user + system) / 1000,
    roundTrips,
    memory: process.memoryUsage.rss() / 2 ** 20,
    peak: process.resourceUsage().maxRSS / 2 ** 10,
  };
}

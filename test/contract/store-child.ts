/** A second process on an embedded store: `node store-child.ts <file> <task>`. Prints what it did, one line each. */
import { writeSync } from 'node:fs';
import { StoreUnavailable } from '../../src/errors.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import type { Op, Store } from '../../src/stores/store.ts';

const tasks: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  /** Increases a number 200 times by compare and swap. */
  add: async (store) => {
    for (let done = 0; done < 200; ) {
      const entry = (await patiently(() => store.load(['sum:{s}']))).entries.get('sum:{s}');
      if (entry === undefined) throw new Error('no sum');
      const replaced: Op = {
        op: 'replace',
        key: 'sum:{s}',
        version: entry.version,
        value: `${Number(entry.value) + 1}`,
      };
      if ((await patiently(() => store.commit([replaced]))).ok) done += 1;
    }
    say('done');
  },
  /** Takes as many of 300 codes as it can. */
  take: async (store) => {
    for (let i = 0; i < 300; i += 1) {
      const taken = await patiently(() => store.commit([{ op: 'take', key: `code:{${i}}` }]));
      if (taken.ok) say(`${i}`);
    }
  },
  /** Writes until it is killed, and prints what was acknowledged. */
  write: async (store) => {
    for (let i = 0; ; i += 8) {
      const numbers = Array.from({ length: 8 }, (_, offset) => i + offset);
      await Promise.all(
        numbers.map(async (number) => {
          await store.commit([{ op: 'create', key: `w:{${number}}`, value: 'x'.repeat(500) }]);
          say(`${number}`);
        }),
      );
    }
  },
  /** Writes until the file may not grow any more, and prints the error. */
  fill: async (store) => {
    for (let i = 0; ; i += 1) {
      try {
        await store.commit([{ op: 'create', key: `f:{${i}}`, value: 'x'.repeat(5_000) }]);
      } catch (error) {
        const loaded = await store.load(['f:{0}', `f:{${i}}`]);
        const kept = [...loaded.entries.values()].map((entry) => entry !== undefined);
        say(JSON.stringify({ name: String(error instanceof Error && error.name), message: String(error), kept }));
        return;
      }
    }
  },
};

/**
 * On a busy machine the other process may hold the file for longer than the store waits, which wrote nothing then: the
 * caller tries again, as a browser does after a 503.
 */
async function patiently<Result>(use: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await use();
    } catch (error) {
      if (!(error instanceof StoreUnavailable && /stays locked/.test(error.message))) throw error;
    }
  }
}

/** Written synchronously, so that a line proves an acknowledgement even if the process is killed right after it. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const [file = '', task = ''] = process.argv.slice(2);
const opened = openEmbedded({ file });
await tasks[task]?.(opened);
await opened.close();

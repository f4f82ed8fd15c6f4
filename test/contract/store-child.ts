/**
 * A second process on an embedded store: `node store-child.ts <file> <task>`. Says on stdout, one line each, what it
 * did.
 */
import { writeSync } from 'node:fs';
import { openEmbedded } from '../../src/stores/embedded.ts';
import type { Store } from '../../src/stores/store.ts';

const tasks: Readonly<Record<string, (store: Store) => Promise<void>>> = {
  /** Raises a number 200 times by compare and swap. */
  add: async (store) => {
    for (let done = 0; done < 200; ) {
      const entry = (await store.load(['sum:{s}'])).entries.get('sum:{s}');
      if (entry === undefined) throw new Error('no sum');
      const value = `${Number(entry.value) + 1}`;
      if ((await store.commit([{ op: 'replace', key: 'sum:{s}', version: entry.version, value }])).ok) done += 1;
    }
    say('done');
  },
  /** Takes what it gets of 300 codes. */
  take: async (store) => {
    for (let i = 0; i < 300; i += 1) if ((await store.commit([{ op: 'take', key: `code:{${i}}` }])).ok) say(`${i}`);
  },
  /** Writes until it is killed, and says what was acknowledged. */
  write: async (store) => {
    for (let i = 0; ; i += 8) {
      const numbers = Array.from({ length: 8 }, (_, lane) => i + lane);
      await Promise.all(
        numbers.map(async (number) => {
          await store.commit([{ op: 'create', key: `w:{${number}}`, value: 'x'.repeat(500) }]);
          say(`${number}`);
        }),
      );
    }
  },
  /** Writes until the file may grow no more; says the error. */
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

/** Written at once, so that a line stands for an acknowledgement even if the process is killed right after. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}

const [file = '', task = ''] = process.argv.slice(2);
const store = openEmbedded({ file });
await tasks[task]?.(store);
await store.close();

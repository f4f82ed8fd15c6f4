/** The order of test files where Jest does not know yet how long they take. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface TestFile {
  readonly path: string;
  readonly context: unknown;
}

const Sequencer = createRequire(import.meta.url)('../../scripts/jest/longest-first-sequencer.cjs') as {
  new (options?: {
    readonly globalConfig: { readonly maxWorkers: number };
  }): { sort(tests: readonly TestFile[]): readonly TestFile[] };
  readonly longest: Readonly<Record<string, number>>;
};

const root = join(import.meta.dirname, '..');
const pathOf = (name: string): string => join(root, `${name}.test.ts`);

test('each file that is listed as slow exists', () => {
  const names = Object.keys(Sequencer.longest);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !existsSync(pathOf(name)))).toEqual([]);
});

test('the files that take longest come first, the others by their size', () => {
  const sizes: Readonly<Record<string, number>> = {
    [pathOf('core/large')]: 2000,
    [pathOf('core/small')]: 1000,
    [pathOf('browser/pages')]: 10,
    [pathOf('browser/demo')]: 10,
  };
  const context = { config: { cache: false }, hasteFS: { getSize: (path: string) => sizes[path] } };
  const names = ['core/small', 'browser/demo', 'core/large', 'browser/pages'];
  const sorted = new Sequencer().sort(names.map((name) => ({ path: pathOf(name), context })));
  expect(sorted.map(({ path }) => path)).toEqual(
    ['browser/pages', 'browser/demo', 'core/large', 'core/small'].map(pathOf),
  );
});

test('as many files compute as there are cores, and files that wait run at the same time', () => {
  const cores = availableParallelism();
  const sorted = (names: readonly string[]) => {
    const sequencer = new Sequencer({ globalConfig: { maxWorkers: cores + 2 } });
    const context = { config: { cache: false }, hasteFS: { getSize: () => 1 } };
    return sequencer.sort(names.map((name) => ({ path: pathOf(name), context }))).map(({ path }) => path);
  };
  const names = ['contract/store-cluster-replicas', 'faults/process', 'contract/store-replicas'];
  const length = (name: string) => Sequencer.longest[name] ?? 0;
  const waiting = names.toSorted((one, other) => length(other) - length(one));
  const computing = ['browser/pages', ...Array.from({ length: cores * 150 }, (_, index) => `core/short-${index}`)];
  const order = sorted([...computing, ...waiting].toReversed());
  const places = waiting.map((name) => order.indexOf(pathOf(name)));
  expect([...places.slice(0, 2), order.indexOf(pathOf('browser/pages'))]).toEqual([0, 1, 2]);
  // The third begins when the second of them ends, after files of about as many seconds on each core.
  expect(places[2]).toBeGreaterThan(2 + cores);
  expect(places[2]).toBeLessThan(order.length - 1);
});

/** The lanes of a whole run, and the order of test files where Jest does not know yet how long they take. */
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface TestFile {
  readonly path: string;
  readonly context: unknown;
}

const require = createRequire(import.meta.url);
const { laneOf, workersOfLane } = require('../../scripts/jest/test-lanes.cjs') as {
  laneOf(path: string): string;
  readonly workersOfLane: { readonly computing: number };
};
const Sequencer = require('../../scripts/jest/longest-first-sequencer.cjs') as {
  new (): { sort(tests: readonly TestFile[]): readonly TestFile[] };
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

test('a whole run has a Jest for each lane that has test files', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'));
  expect(new Set(files.map((file) => laneOf(join(root, file))))).toEqual(new Set(Object.keys(workersOfLane)));
});

test('files that wait leave the cores to the others', () => {
  expect(['contract/store-replicas', 'contract/store'].map((name) => laneOf(pathOf(name)))).toEqual([
    'waiting',
    'computing',
  ]);
  expect(workersOfLane.computing).toBe(Math.min(availableParallelism(), 8) + 1);
});

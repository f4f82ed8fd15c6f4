/** The order of test files where Jest does not know yet how long they take. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface TestFile {
  readonly path: string;
  readonly context: unknown;
}

const Sequencer = createRequire(import.meta.url)('../../scripts/jest/longest-first-sequencer.cjs') as {
  new (): { sort(tests: readonly TestFile[]): readonly TestFile[] };
  readonly longest: Readonly<Record<string, number>>;
};

const root = join(import.meta.dirname, '..');
const pathOf = (name: string): string => join(root, `${name}.test.ts`);

test('each file that is said to take long exists', () => {
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

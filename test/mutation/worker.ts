/**
 * Loads the tests of one suite once, with every mutant of its sources behind a switch, and runs on demand what covers
 * one mutant. It runs in a thread of its own, so that an endless loop can be ended from outside.
 */
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { instrumentAll } from './mutate.ts';

export interface WorkerData {
  readonly root: string;
  /** Paths from the root, sorted: they decide the indexes of the mutants. */
  readonly sources: readonly string[];
  readonly tests: readonly string[];
  /** Indexes of the mutants that can be switched on. */
  readonly chosen: readonly number[];
  /** The mutant that is active while the code loads; absent: none. */
  readonly active?: number;
}

export type Request =
  /** Runs these tests without a mutant, and tells which mutants each of them reaches. */
  | { readonly kind: 'baseline'; readonly tests: readonly number[] }
  /** Runs these tests, until one fails, with this mutant. */
  | { readonly kind: 'try'; readonly mutant: number; readonly tests: readonly number[] };

export type Reply =
  | {
      readonly kind: 'ready';
      readonly tests: readonly string[];
      readonly atLoad: readonly number[];
    }
  | {
      readonly kind: 'baseline';
      /** By the index of the test, as are the times. Tests that were not asked for reach none, and take none. */
      readonly coverage: readonly (readonly number[])[];
      /** Indexes of the tests that failed: two tests of two files may have one name. */
      readonly failed: readonly number[];
      readonly milliseconds: readonly number[];
    }
  | { readonly kind: 'tried'; readonly mutant: number; readonly killedBy?: string };

interface Switch {
  (index: number): boolean;
  active: number;
  reached: Set<number>;
}

const { root, sources, tests, chosen: chosenTests, active = -1 } = workerData as WorkerData;
const runnerUrl = new URL('./test-runner.ts', import.meta.url).href;

const reached = new Set<number>();
const mutation: Switch = Object.assign(
  (index: number) => {
    mutation.reached.add(index);
    return index === mutation.active;
  },
  { active, reached },
);
(globalThis as { __mutation?: Switch }).__mutation = mutation;

const chosenIndexes = new Set(chosenTests);
const { codes } = instrumentAll(root, sources, (index) => chosenIndexes.has(index));

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: runnerUrl, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) => {
    const code = url.startsWith('file:') ? codes.get(relative(root, fileURLToPath(url))) : undefined;
    return code === undefined ? next(url, context) : { format: 'module', source: code, shortCircuit: true };
  },
});

const { beginFile, registered } = await import(runnerUrl);
for (const file of tests) {
  beginFile();
  await import(pathToFileURL(`${root}/${file}`).href);
}
const atLoad = [...mutation.reached];

function send(reply: Reply): void {
  parentPort?.postMessage(reply);
}

async function baseline(chosen: readonly number[]): Promise<void> {
  const coverage: (readonly number[])[] = registered.map(() => []);
  const failed: number[] = [];
  const milliseconds: number[] = registered.map(() => 0);
  for (const index of chosen) {
    mutation.reached = new Set();
    const began = performance.now();
    await registered[index].run().catch(() => failed.push(index));
    milliseconds[index] = performance.now() - began;
    coverage[index] = [...mutation.reached];
  }
  send({ kind: 'baseline', coverage, failed, milliseconds });
}

async function tryMutant(mutant: number, chosen: readonly number[]): Promise<void> {
  mutation.active = mutant;
  for (const index of chosen) {
    const test = registered[index];
    try {
      await test.run();
    } catch {
      mutation.active = active;
      return send({ kind: 'tried', mutant, killedBy: test.name });
    }
  }
  mutation.active = active;
  send({ kind: 'tried', mutant });
}

parentPort?.on('message', (request: Request) => {
  if (request.kind === 'baseline') void baseline(request.tests);
  else void tryMutant(request.mutant, request.tests);
});
send({ kind: 'ready', tests: registered.map(({ name }: { readonly name: string }) => name), atLoad });

/**
 * `npm run mutation -- core|shell [--restart] [--only PATH] [--tests PATH] [--again] [--seed N] [--all]
 * [--sample N] [--patience SECONDS] [--equivalent]`: how many mutants of a suite its tests notice. Results are kept as
 * they come in `mutation-results/<suite>.jsonl`, so a run that was stopped goes on where it was. The exit code is 1
 * when a mutant survives that `equivalent.json` does not list.
 *
 * `--restart` forgets all results, `--again` those of mutants that were not noticed, for use after a test was added.
 * `--only` tries the mutants of the sources whose path begins so, or whose key does (as in `equivalent.json`).
 * `--tests` runs only the tests whose path begins so, which is quicker where it is known which should notice them; of
 * such a run only kills are kept. Both can be repeated.
 * `--seed` draws another sample, `--all` tries every mutant, `--sample` draws so many of those that `--only` names (it
 * says where a suite stands without trying all of it). `--patience` is how much longer than three times its usual
 * time the tests of a mutant may take, 5 by default: more on a busy machine, where a slow run would count as an endless
 * one. Mutants that are listed as equivalent take the most time, as all of their tests run: they are tried only with
 * `--equivalent`, which tells whether a test notices one after all.
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { draw } from './draw.ts';
import { instrumentAll, type Mutant } from './mutate.ts';
import { seed as defaultSeed, type Suite, suites } from './suites.ts';
import type { Reply, Request, WorkerData } from './worker.ts';

interface Result {
  readonly key: string;
  readonly line: number;
  /** `quick`: it survived a share of the samples, and is tried again with all of them. */
  readonly outcome: 'killed' | 'survived' | 'uncovered' | 'timeout' | 'quick';
  readonly by?: string;
}

const root = join(import.meta.dirname, '../..');
const equivalent = JSON.parse(readFileSync(join(import.meta.dirname, 'equivalent.json'), 'utf8')) as Record<
  string,
  string
>;

function isEquivalent(key: string): boolean {
  return Object.hasOwn(equivalent, key);
}

function filesUnder(prefixes: readonly string[], ending: string): readonly string[] {
  return prefixes
    .flatMap((prefix) =>
      prefix.endsWith('/')
        ? readdirSync(join(root, prefix), { recursive: true, encoding: 'utf8' }).map((path) => `${prefix}${path}`)
        : [prefix],
    )
    .filter((path) => path.endsWith(ending))
    .sort();
}

class Runner {
  readonly #data: WorkerData;
  #worker: Worker | undefined;
  #loaded = '';

  constructor(data: WorkerData) {
    this.#data = data;
  }

  /** The thread, with its tests loaded. */
  async start(share: number, active?: number): Promise<Extract<Reply, { kind: 'ready' }>> {
    await this.stop();
    this.#loaded = `${share} ${active}`;
    const workerData: WorkerData = { ...this.#data, ...(active !== undefined && { active }) };
    const env = { ...process.env, STEPGATE_SAMPLE_SHARE: String(share) };
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData, env });
    // What fails while nothing waits for an answer fails the next one.
    this.#worker.on('error', () => undefined);
    return (await this.#next(300_000)) as Extract<Reply, { kind: 'ready' }>;
  }

  /** Rejects with `timeout` after so many milliseconds, and with the error when the thread dies. */
  ask(request: Request, milliseconds: number): Promise<Reply> {
    this.#worker?.postMessage(request);
    return this.#next(milliseconds);
  }

  /**
   * Starts a thread where the one that runs cannot serve: it is gone, or has loaded another mutant or another share.
   */
  async ready(share: number, active: number | undefined): Promise<void> {
    const wanted = `${share} ${active}`;
    if (this.#worker !== undefined && this.#loaded === wanted) return;
    await this.start(share, active);
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #next(milliseconds: number): Promise<Reply> {
    const worker = this.#worker as Worker;
    return new Promise((resolve, reject) => {
      const onMessage = (reply: Reply) => done(() => resolve(reply));
      const onError = (error: unknown) => done(() => reject(error));
      const onExit = () => done(() => reject(new Error('the thread ended')));
      const timer = setTimeout(() => done(() => reject(new Error('timeout'))), milliseconds);
      const done = (settle: () => void) => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        settle();
      };
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
  }
}

/** Without prefixes: always. */
function beginsWith(prefixes: readonly string[], path: string): boolean {
  return prefixes.length === 0 || prefixes.some((prefix) => path.startsWith(prefix));
}

/** A prefix may also be longer than a path: the key of a mutant begins with the path of its file. */
function isAskedFor(path: string, only: readonly string[]): boolean {
  return beginsWith(only, path) || only.some((prefix) => prefix.startsWith(`${path} `));
}

/** The share of the samples that property tests draw at first. */
const quickShare = 0.05;

interface Plan {
  readonly mutants: readonly Mutant[];
  /** Indexes of the mutants that are tried. */
  readonly chosen: readonly number[];
  /** Indexes of those that run while the code loads: any test may notice them, and each needs a thread of its own. */
  readonly atLoad: ReadonlySet<number>;
  /** Indexes of the tests that reach a mutant, quickest first. */
  readonly testsOf: (mutant: number, share: number) => readonly number[];
  /** Milliseconds that the tests of a mutant took without it. */
  readonly usualTime: (tests: readonly number[], share: number) => number;
  /** Milliseconds that the tests of a mutant may take, beyond three times what they took without it. */
  readonly patience: number;
}

type ChosenMutants = Pick<Plan, 'mutants' | 'chosen'>;

async function planOf({ mutants, chosen }: ChosenMutants, runner: Runner, options: Options): Promise<Plan> {
  const { atLoad, tests } = await runner.start(1);
  const full = await baseline(runner, [...tests.keys()]);
  const failed = full.failed.map((index) => tests[index]);
  if (failed.length > 0) throw new Error(`the tests fail without a mutant:\n${failed.join('\n')}`);
  const reached = full.coverage.flatMap((covered, test) => (covered.length > 0 ? [test] : []));
  await runner.start(quickShare);
  // Some properties count what they drew, and fail with too few samples: they run only with all of them.
  const quick = await baseline(runner, reached);
  const onlyFull = new Set(quick.failed);
  const reaching = new Map<number, number[]>();
  full.coverage.forEach((covered, test) => {
    for (const mutant of covered) reaching.set(mutant, [...(reaching.get(mutant) ?? []), test]);
  });
  const isAtLoad = new Set(atLoad);
  const { milliseconds } = full;
  const byTime = (one: number, other: number) => (milliseconds[one] ?? 0) - (milliseconds[other] ?? 0);
  const all = [...tests.keys()].sort(byTime);
  return {
    mutants,
    chosen,
    atLoad: isAtLoad,
    testsOf: (mutant, share) => {
      const covering = isAtLoad.has(mutant) ? all : (reaching.get(mutant) ?? []).toSorted(byTime);
      return share === 1 ? covering : covering.filter((test) => !onlyFull.has(test));
    },
    usualTime: (some, share) => {
      const times = share === 1 ? full.milliseconds : quick.milliseconds;
      return some.reduce((sum, test) => sum + (times[test] ?? 0), 0);
    },
    patience: options.patience,
  };
}

/** Indexes of the mutants to try: all that are asked for, or a sample. */
function chosenOf(mutants: readonly Mutant[], suite: Suite, options: Options): readonly number[] {
  const indexes = [...mutants.keys()];
  const isAsked = (index: number) => beginsWith(options.only, mutants[index]?.key ?? '');
  if (options.sample !== undefined) return draw(indexes.filter(isAsked), options.sample, options.seed);
  if (suite.sample === undefined || options.all) return indexes.filter(isAsked);
  return draw(indexes, suite.sample, options.seed).filter(isAsked);
}

type Baseline = Extract<Reply, { kind: 'baseline' }>;

async function baseline(runner: Runner, chosen: readonly number[]): Promise<Baseline> {
  const reply = await runner.ask({ kind: 'baseline', tests: chosen }, 3_600_000);
  if (reply.kind !== 'baseline') throw new Error('no baseline');
  return reply;
}

type TriedMutant = Pick<Result, 'outcome' | 'by'>;

interface Attempt {
  readonly share: number;
  readonly plan: Plan;
  readonly runner: Runner;
}

async function tryMutant(index: number, { share, plan, runner }: Attempt): Promise<TriedMutant> {
  const tests = plan.testsOf(index, share);
  if (tests.length === 0) return { outcome: share === 1 ? 'uncovered' : 'survived' };
  const active = plan.atLoad.has(index) ? index : undefined;
  // A thread that loads no mutant has to start. If it does not, that says nothing about the mutant.
  if (active === undefined) await runner.ready(share, active);
  try {
    await runner.ready(share, active);
    const longest = 3 * plan.usualTime(tests, share) + plan.patience;
    const reply = await runner.ask({ kind: 'try', mutant: index, tests }, longest);
    const by = reply.kind === 'tried' ? reply.killedBy : undefined;
    return by === undefined ? { outcome: 'survived' } : { outcome: 'killed', by };
  } catch (error) {
    await runner.stop();
    return error instanceof Error && error.message === 'timeout'
      ? { outcome: 'timeout' }
      : { outcome: 'killed', by: String(error) };
  }
}

async function runSuite(name: string, suite: Suite, options: Options): Promise<readonly Result[]> {
  const all = filesUnder(suite.sources, '.ts');
  // A sample is drawn from all mutants. Without one, sources that are not asked about run as they are: that is quicker.
  const isDrawn = suite.sample !== undefined && !options.all && options.sample === undefined;
  const sources = isDrawn ? all : all.filter((path) => isAskedFor(path, options.only));
  const tests = filesUnder(suite.tests, '.test.ts').filter((path) => beginsWith(options.tests, path));
  const { mutants } = instrumentAll(root, sources, () => false);
  const drawn = chosenOf(mutants, suite, options);
  const chosen = drawn.filter((index) => options.equivalent || !isEquivalent(mutants[index]?.key ?? ''));
  const runner = new Runner({ root, sources, tests, chosen });
  const plan = await planOf({ mutants, chosen }, runner, options);
  const results = openResults(name, options);
  process.stdout.write(`${name}: ${drawn.length} of ${mutants.length} mutants\n`);
  if (chosen.length < drawn.length)
    process.stdout.write(`${name}: ${drawn.length - chosen.length} are listed as equivalent, and not tried\n`);
  const keyOf = (index: number) => plan.mutants[index]?.key ?? '';
  for (const share of [quickShare, 1]) {
    const isDone = (outcome: Result['outcome'] | undefined) =>
      share === quickShare ? outcome !== undefined : outcome !== 'quick';
    const open = plan.chosen.filter((index) => !isDone(results.outcome(keyOf(index))));
    for (const [done, index] of open.entries()) {
      if (done % 100 === 0)
        process.stdout.write(`${name}: ${done} of ${open.length} at ${share * 100} % of the samples\n`);
      const tried = await tryMutant(index, { share, plan, runner });
      const outcome = tried.outcome === 'survived' && share < 1 ? 'quick' : tried.outcome;
      results.add({ key: keyOf(index), line: plan.mutants[index]?.line ?? 0, ...tried, outcome });
    }
  }
  await runner.stop();
  const keys = new Set(plan.chosen.map(keyOf));
  return results.all().filter(({ key }) => keys.has(key));
}

function openResults(name: string, { restart, again, only, tests }: Options) {
  const file = join(root, 'mutation-results', `${name}.jsonl`);
  mkdirSync(join(root, 'mutation-results'), { recursive: true });
  if (restart) rmSync(file, { force: true });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean) : [];
  const known = lines.map((line) => JSON.parse(line) as Result);
  const found = new Map(known.map((result) => [result.key, result]));
  const isForgotten = ({ key, outcome }: Result) => again && beginsWith(only, key) && outcome !== 'killed';
  for (const result of [...found.values()].filter(isForgotten)) found.delete(result.key);
  return {
    outcome: (key: string) => found.get(key)?.outcome,
    all: () => [...found.values()],
    add(result: Result): void {
      found.set(result.key, result);
      // What some tests do not notice others may.
      if (tests.length === 0 || result.outcome === 'killed') appendFileSync(file, `${JSON.stringify(result)}\n`);
    },
  };
}

/** True when nothing survived but what is known to be equivalent. */
function report(name: string, results: readonly Result[]): boolean {
  const alive = results.filter(({ outcome }) => outcome === 'survived' || outcome === 'uncovered');
  const left = alive.filter(({ key }) => !isEquivalent(key));
  const killed = results.length - alive.length;
  for (const { key, line, outcome } of left) process.stdout.write(`${outcome} ${key.replace(' ', `:${line} `)}\n`);
  const noticeable = killed + left.length;
  const score = noticeable === 0 ? 100 : (100 * killed) / noticeable;
  process.stdout.write(
    `${name}: ${killed} of ${noticeable} noticed (${score.toFixed(1)} %), ${left.length} survived, ${alive.length - left.length} equivalent\n`,
  );
  return left.length === 0;
}

interface Options {
  readonly restart: boolean;
  readonly again: boolean;
  readonly only: readonly string[];
  readonly tests: readonly string[];
  readonly seed: number;
  readonly all: boolean;
  readonly sample: number | undefined;
  readonly patience: number;
  readonly equivalent: boolean;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    restart: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    tests: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string', default: String(defaultSeed) },
    all: { type: 'boolean', default: false },
    sample: { type: 'string' },
    patience: { type: 'string', default: '5' },
    equivalent: { type: 'boolean', default: false },
  },
});
const chosenOptions: Options = {
  ...values,
  seed: Number(values.seed),
  sample: values.sample === undefined ? undefined : Number(values.sample),
  patience: 1_000 * Number(values.patience),
};
const names = positionals.length === 0 ? Object.keys(suites) : positionals;
for (const one of names) {
  const suite = suites[one];
  if (suite === undefined) throw new Error(`no suite ${one}: ${Object.keys(suites).join(', ')}`);
  if (!report(one, await runSuite(one, suite, chosenOptions))) process.exitCode = 1;
}

/**
 * `npm run faults`: breaks real Redis servers while two nodes write. Counts what was acknowledged and lost, and what
 * counted twice; prints a line for each experiment; exits with 1 when there is any. `--only <text>` runs the
 * experiments whose line has this text.
 */
import { parseArgs } from 'node:util';
import { endToEnd } from './end-to-end.ts';
import { experiment, faults } from './experiments.ts';
import type { Kind } from './topology.ts';
import type { WorkloadResult } from './workload.ts';

interface Experiment {
  readonly name: string;
  readonly run: () => Promise<WorkloadResult>;
}

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const kinds: readonly Kind[] = ['Sentinel', 'Cluster'];

const atTheStore = kinds.flatMap((kind) =>
  [1, 2].flatMap((replicas) =>
    faults.map(
      (fault): Experiment => ({
        name: `${kind} | ${replicas} | ${fault.name}`,
        run: () => experiment(kind, replicas, fault),
      }),
    ),
  ),
);
const wholeNodes = kinds.map(
  (kind): Experiment => ({
    name: `${kind} | 2 | two server processes, SIGSTOP until just after the promotion`,
    run: () => endToEnd(kind),
  }),
);

process.stdout.write('| store | replicas | fault | acknowledged | in doubt | longest gap | lost | twice |\n');
process.stdout.write('|---|---|---|---|---|---|---|---|\n');
let failed = 0;
for (const { name, run } of [...atTheStore, ...wholeNodes].filter((each) => each.name.includes(values.only))) {
  try {
    const { acknowledged, refused, gap, lost, twice } = await run();
    const numbers = [acknowledged, refused, `${gap.toFixed(1)} s`, lost.length, twice.length];
    process.stdout.write(`| ${name} | ${numbers.join(' | ')} |\n`);
    for (const what of [...lost.map((value) => `lost: ${value}`), ...twice.map((value) => `twice: ${value}`)].slice(
      0,
      10,
    ))
      process.stderr.write(`  ${what}\n`);
    if (lost.length > 0 || twice.length > 0) failed += 1;
  } catch (error) {
    failed += 1;
    process.stdout.write(`| ${name} | failed | | | | |\n`);
    process.stderr.write(`  ${(error as Error).stack}\n`);
  }
}
process.exit(failed > 0 ? 1 : 0);

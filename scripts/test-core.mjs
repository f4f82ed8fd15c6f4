// What to run while you work: core, unit and architecture tests, with a tenth of the samples of each property.
//   npm run test:core
//   npm run test:core -- test/core/policy
import { build } from './build.mjs';
import { runJest } from './jest.mjs';

const env = { STEPGATE_SAMPLE_SHARE: '0.1', ...process.env };
// First, because what follows `--selectProjects` is a project.
const args = [...process.argv.slice(2), '--maxWorkers=100%', '--selectProjects', 'core', 'unit', 'architecture'];

process.exitCode = (await build()) ? await runJest(args, env) : 1;

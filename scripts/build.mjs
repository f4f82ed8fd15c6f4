import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'dist');
const stamp = join(output, '.built');
const inputs = ['src', 'tsconfig.json', 'package-lock.json'];

/**
 * Bundles `src` into `dist` when a source is newer than the last good build. Packages stay in `node_modules`. What only
 * one command needs is a file of its own (docs/decisions/0126-a-bundle-of-our-own-code.md). `npm run types` checks the
 * types; this does not.
 *
 * @returns {Promise<boolean>} false when the bundler found errors, which it has printed
 */
export async function build() {
  const built = modified(stamp);
  if (built > 0 && inputs.every((input) => newest(join(root, input)) < built)) return true;
  process.stderr.write('Building ...\n');
  // The image has what is built and no bundler.
  const { build: bundle } = await import('esbuild');
  // Sources that were renamed or deleted must not live on as stale output.
  rmSync(output, { recursive: true, force: true });
  const failed = await bundle({
    absWorkingDir: root,
    // The second is what a thread runs.
    entryPoints: ['src/main.ts', 'src/configuration-worker.ts'],
    outdir: 'dist',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: true,
    logLevel: 'warning',
  }).then(
    () => false,
    () => true,
  );
  if (failed) return false;
  writeFileSync(stamp, '');
  return true;
}

/** A directory counts as well: deleting a file changes nothing else. */
function newest(path) {
  const own = modified(path);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return own;
  return readdirSync(path).reduce((latest, entry) => Math.max(latest, newest(join(path, entry))), own);
}

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = (await build()) ? 0 : 1;

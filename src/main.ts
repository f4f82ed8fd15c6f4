#!/usr/bin/env node
/**
 * Process entry. The only user of the process besides the commands: what it reads from the environment, everything else
 * gets as arguments.
 */
import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`Stepgate needs Node 24.15 or newer; this is ${process.versions.node}.\n`);
  process.exit(1);
}

const packageDir = join(import.meta.dirname, '..');

// What Node compiled is kept beside the packages, where only who installs them can write; elsewhere it is not kept.
module.enableCompileCache(join(packageDir, 'node_modules', '.cache', 'stepgate'));

// Only now: some packages crash on an older Node as soon as they are loaded.
const { runProgram } = await import('./cli/program.ts');

const env = process.env;
// CEL takes times apart by the local time of the process, and a change to summer time would move hours and days.
env.TZ = 'UTC';
const { version }: { readonly version: string } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'));

await runProgram({
  env,
  version,
  words: process.argv.slice(2),
  async serve({ demo, logFile: chosen }) {
    const { serve } = await import('./serve.ts');
    const { createLogger } = await import('./log.ts');
    const { readDurability } = await import('./stores/open.ts');
    // By default the heap triples before V8 collects it (decision 63). Only now: V8 takes what it compiled under other
    // flags for something else, and commands load the same modules.
    setFlagsFromString('--heap-growing-percent=60');
    const redisDurability = readDurability(env.REDIS_DURABILITY);
    const port = Number(env.PORT ?? 3000);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError(`PORT is not a port: ${env.PORT}`);
    const dataDir = env.DATA_DIR ?? 'data';
    // What a demo says is to stay readable.
    const logFile = chosen ?? (demo ? join(dataDir, 'demo.log') : '-');
    let serving: Awaited<ReturnType<typeof serve>> | undefined;
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      // Nothing is served yet, so that nothing is cut off.
      if (serving === undefined) process.exit(128 + constants.signals[signal]);
      if (stopping) return;
      stopping = true;
      serving.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    // Before the node says that it listens: a script that reads it may send a signal at once.
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    // What a service manager or a closed terminal sends. Its default would cut off what is under way.
    process.on('SIGHUP', stop);
    serving = await serve({
      port,
      shutdownDelay: seconds('SHUTDOWN_DELAY', env.SHUTDOWN_DELAY, 1),
      shutdownTimeout: seconds('SHUTDOWN_TIMEOUT', env.SHUTDOWN_TIMEOUT, 7),
      host: demo ? '127.0.0.1' : (env.HOST ?? '0.0.0.0'),
      dataDir,
      configDir: env.CONFIG_DIR ?? 'config',
      ...(env.VIEWS_DIR ? { viewsDir: env.VIEWS_DIR } : {}),
      ...(env.REDIS_URL ? { redisUrl: env.REDIS_URL } : {}),
      ...(redisDurability ? { redisDurability } : {}),
      ...(env.ISSUER ? { issuer: env.ISSUER } : {}),
      ...(demo
        ? {
            demo: {
              ...(env.DEMO_PASSWORD ? { password: env.DEMO_PASSWORD } : {}),
              print: (text) =>
                process.stderr.write(logFile === '-' ? `${text}\n` : `${text}  Log:         ${logFile}\n\n`),
            },
          }
        : {}),
      variables: env,
      log: createLogger(logWriter(logFile)),
    });
    // Last: it takes a while, and the node listens already.
    module.flushCompileCache();
  },
});

/** A number of seconds from the environment. Throws `RangeError`. */
function seconds(name: string, text: string | undefined, usual: number): number {
  const value = Number(text || usual);
  if (!(value >= 0 && value <= 3600)) throw new RangeError(`${name} is no number of seconds up to an hour: ${text}`);
  return value;
}

/**
 * Appends lines to `file`, which it makes with its directory; `-`: standard output. Throws when the file cannot be
 * opened.
 */
function logWriter(file: string): (line: string) => void {
  if (file === '-') return (line) => void process.stdout.write(line);
  // It may be the directory of the store.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, 'a', 0o600);
  return (line) => void writeSync(descriptor, line);
}

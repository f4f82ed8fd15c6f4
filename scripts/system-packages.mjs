import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runChild } from './run-child.mjs';

/** Programs that the tests drive and that no npm package holds: Debian package by program. */
const PROGRAMS = { 'redis-server': 'redis-server', chromium: 'chromium' };

/**
 * Installs through apt-get what is missing, where this account may.
 *
 * @returns {Promise<string | undefined>} a sentence that says what to do by hand, or nothing when all is there
 */
export async function installSystemPackages() {
  const missing = missingPackages();
  if (missing.length === 0) return undefined;
  const byHand = `The tests need ${missing.join(' and ')}. Install with: sudo apt-get install ${missing.join(' ')}`;
  if (!isExecutable('apt-get')) return `${byHand} (there is no apt-get here: use the system's own package manager)`;
  const prefix = rootPrefix();
  if (prefix === undefined) return `${byHand} (this account is not root and has no passwordless sudo)`;
  process.stdout.write(`Installing ${missing.join(' and ')} with apt-get ...\n`);
  await aptGet(prefix, ['update', '-qq']);
  await aptGet(prefix, ['install', '-y', '-qq', '--no-install-recommends', ...missing]);
  return missingPackages().length === 0 ? undefined : `apt-get failed, see above. ${byHand}`;
}

const missingPackages = () =>
  Object.entries(PROGRAMS).flatMap(([program, debianPackage]) => (isExecutable(program) ? [] : [debianPackage]));

function aptGet(prefix, args) {
  const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  return runChild(command, rest);
}

/** @returns {string[] | undefined} what to put before a command to run it as root */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function isExecutable(program) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

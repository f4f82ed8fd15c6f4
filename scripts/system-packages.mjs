import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runChild } from './run-child.mjs';

/** Any of them draws the pages. The first takes half as much CPU as a whole Chromium; older systems do not have it. */
export const browserPrograms = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

/**
 * What the tests drive and no npm package holds: programs of which one is enough, and Debian packages that bring
 * one, the best first.
 */
const needs = [
  { programs: ['redis-server'], packages: ['redis-server'] },
  { programs: browserPrograms, packages: ['chromium-headless-shell', 'chromium'] },
];

/**
 * Installs through apt-get what is missing, where this account may.
 *
 * @returns {Promise<string | undefined>} a sentence that says what to do by hand, or nothing when all is there
 */
export async function installSystemPackages() {
  const missing = unmetNeeds();
  if (missing.length === 0) return undefined;
  const names = missing.map(({ packages }) => packages.at(-1));
  const byHand = `The tests need ${names.join(' and ')}. Install with: sudo apt-get install ${names.join(' ')}`;
  if (!isExecutable('apt-get')) return `${byHand} (there is no apt-get here: use the system's own package manager)`;
  const prefix = rootPrefix();
  if (prefix === undefined) return `${byHand} (this account is not root and has no passwordless sudo)`;
  process.stdout.write(`Installing ${names.join(' and ')} with apt-get ...\n`);
  await aptGet(prefix, ['update', '-qq']);
  for (const need of missing) {
    for (const name of need.packages) {
      if (!isMet(need) && (name === need.packages.at(-1) || isOffered(name))) {
        await aptGet(prefix, ['install', '-y', '-qq', '--no-install-recommends', name]);
      }
    }
  }
  return unmetNeeds().length === 0 ? undefined : `apt-get failed, see above. ${byHand}`;
}

const unmetNeeds = () => needs.filter((need) => !isMet(need));
const isMet = ({ programs }) => programs.some(isExecutable);

/** Whether the system's package sources have it. */
const isOffered = (name) => spawnSync('apt-cache', ['show', '--no-all-versions', name]).status === 0;

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

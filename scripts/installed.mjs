import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * True when `node_modules` holds what `package-lock.json` asks for. npm writes its own record of the tree as the last
 * act of an installation, so an interrupted one, an older one and one without development packages are all noticed.
 *
 * @param {string} root the directory of package.json
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const found = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || found === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => path === '' || isPresent(entry, found[path]));
}

/** Packages for other platforms are optional and absent. */
const isPresent = (wanted, found) =>
  found === undefined ? wanted.optional === true || wanted.devOptional === true : found.version === wanted.version;

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

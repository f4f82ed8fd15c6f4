/** Configurations of the repository, as texts by file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../../../..');

/** Without schemas and tests. */
export function exampleFiles(directory = 'config'): Readonly<Record<string, string>> {
  const base = join(root, directory);
  const files = readdirSync(base, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.yaml'),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map((path) => [relative(base, path), readFileSync(path, 'utf8')] as const);
  return Object.fromEntries(read.filter(([file]) => !file.startsWith('tests')));
}

/** The example configuration of the repository, as texts by file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const config = join(import.meta.dirname, '../../../config');

/** Without schemas and tests. */
export function exampleFiles(): Readonly<Record<string, string>> {
  const files = readdirSync(config, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name.endsWith('.yaml'),
  );
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  const read = paths.map((path) => [relative(config, path), readFileSync(path, 'utf8')] as const);
  return Object.fromEntries(read.filter(([file]) => !file.startsWith('tests')));
}

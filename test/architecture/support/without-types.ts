/** Sources as the parser of tests reads them. */
import { createRequire } from 'node:module';

const withoutTypes = createRequire(import.meta.url)('../../../scripts/jest/stripped.cjs') as (source: string) => string;

/** Without types and a first line for the shell, with every line where it was. */
export function parsable(source: string): string {
  return withoutTypes(source).replace(/^#!/, '//');
}

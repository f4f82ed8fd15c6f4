/** How a place in a file is written, everywhere. */
import type { SourceLocation } from './policy.ts';

/** `file:line:column`, as editors and terminals open it. */
export function sourcePlace({ file, line, column }: SourceLocation): string {
  return `${file}:${line}${column === undefined ? '' : `:${column}`}`;
}

/** How a location in a file is written, everywhere, and which location comes first. */
import type { SourceLocation } from './policy.ts';

/** `file:line:column`, as editors and terminals open it. */
export function sourceLocationText({ file, line, column }: SourceLocation): string {
  return `${file}:${line}${column === undefined ? '' : `:${column}`}`;
}

/** Sorts by file, then by location in the file. */
export function inOrderOfLocations(a: Required<SourceLocation>, b: Required<SourceLocation>): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/** How a place in a file is written, everywhere, and which place comes first. */
import type { SourceLocation } from './policy.ts';

/** `file:line:column`, as editors and terminals open it. */
export function sourcePlace({ file, line, column }: SourceLocation): string {
  return `${file}:${line}${column === undefined ? '' : `:${column}`}`;
}

/** Sorts by file, then by place in the file. */
export function inOrderOfPlaces(a: Required<SourceLocation>, b: Required<SourceLocation>): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

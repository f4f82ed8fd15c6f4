/** Tables for terminals. */
import { printable } from './printable.ts';

/** Columns as wide as their widest cell, two spaces apart. Whole lines; the first row is the head. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) => widest(cells, column));
  return cells
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

/** Rows may be more than a call can have arguments. */
function widest(cells: readonly (readonly string[])[], column: number): number {
  return cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0);
}

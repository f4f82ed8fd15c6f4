/** Tables for terminals. */
import { printable } from '../../../policy/model/printable.ts';

/** Columns are as wide as their widest cell, two spaces apart. Returns whole lines; the first row is the header. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths = (cells[0] ?? []).map((_, column) => widest(cells, column));
  return cells
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

/** There may be more rows than a call can have arguments. */
function widest(cells: readonly (readonly string[])[], column: number): number {
  return cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0);
}

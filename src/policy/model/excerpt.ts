/** A line of a file with a caret below it, as findings show it. */

interface Excerpted {
  /** The line, as it is in the file. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
}

/** None where the file has no such line. */
export function excerptLines(finding: Excerpted | undefined): readonly string[] {
  if (finding === undefined || finding.text === '') return [];
  const { text, caret } = excerpt(finding);
  const number = String(finding.line);
  return [`  ${number} | ${text}`, `  ${' '.repeat(number.length)} | ${' '.repeat(caret)}^`];
}

/** How many characters of a line are shown, and how many of them before the caret. */
const widest = 120;
const widestBefore = 40;

/** The line, cut around the caret where it is long. `caret`: its position in the text. */
function excerpt({ text, column }: Excerpted): { readonly text: string; readonly caret: number } {
  const at = Math.min(column - 1, text.length);
  const start = text.length <= widest || at <= widestBefore ? 0 : at - widestBefore;
  const before = start > 0 ? '... ' : '';
  const shown = text.slice(start, start + widest);
  const after = start + widest < text.length ? ' ...' : '';
  return { text: `${before}${shown}${after}`, caret: before.length + at - start };
}

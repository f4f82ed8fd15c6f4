/**
 * Reads CSV (RFC 4180) with a header line. Quoted fields may contain commas, quotes and line breaks; empty fields count
 * as absent. `csv-parse` reads each record. This file decides where a record ends, so that an unreadable record does
 * not affect the next ones, and a quote that is never closed spoils only the line where it was opened.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { type FileHeader, type FileRecord, fileLines, maxRecord } from './records.ts';

interface Row {
  readonly line: number;
  /** As it appears in the file. */
  readonly text: string;
  readonly cells: readonly string[];
  readonly fault?: string;
}

/** The first record is the header. If it is unusable, the only result is a record that says so. */
export async function* csvRecords(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord | FileHeader> {
  let header: readonly string[] | undefined;
  for await (const row of csvRows(chunks, () => header?.length)) {
    if (row.cells.length === 1 && row.cells[0]?.trim() === '' && row.fault === undefined) continue;
    if (header !== undefined) {
      yield { ...recordOf(header, row), text: row.text };
      continue;
    }
    header = row.cells.map((cell) => cell.trim());
    const fault = headerFault(header, row.fault);
    if (fault === undefined) {
      yield { line: row.line, header: row.text, columns: header };
      continue;
    }
    yield { line: row.line, text: row.text, fault };
    return;
  }
}

function headerFault(header: readonly string[], fault: string | undefined): string | undefined {
  if (fault !== undefined) return `the header cannot be read: ${fault}`;
  const [only = '', ...others] = header;
  if (others.length === 0 && /[;\t|]/.test(only))
    return 'the header has one column only: columns are separated by commas';
  if (header.includes('')) return 'the header has a column without a name';
  return new Set(header).size < header.length ? 'the header names a column twice' : undefined;
}

function recordOf(header: readonly string[], { line, cells, fault }: Row) {
  if (fault !== undefined) return { line, fault };
  if (cells.length !== header.length)
    return { line, fault: `it has ${cells.length} fields, the header has ${header.length}` };
  if (cells.some((cell) => cell.includes('\ufffd'))) return { line, fault: 'it is not valid UTF-8' };
  const named = header.map((name, index) => [name, cells[index] ?? ''] as const);
  return { line, fields: Object.fromEntries(named.filter(([, cell]) => cell !== '')) };
}

/** Lines of a file that can be put back and read again. */
interface Lines {
  next(): Promise<Line | undefined>;
  again(lines: readonly Line[]): void;
}

interface Line {
  readonly number: number;
  readonly text: string;
}

function linesOf(chunks: AsyncIterable<string>): Lines {
  const source = fileLines(chunks);
  let number = 0;
  let waiting: Line[] = [];
  return {
    next: async () => {
      const known = waiting.shift();
      if (known) return known;
      const { value, done } = await source.next();
      if (done) return undefined;
      number += 1;
      return { number, text: value.text };
    },
    again: (lines) => {
      waiting = [...lines, ...waiting];
    },
  };
}

/**
 * Adds lines until the quotes of a record are closed. If the result is not a good record, a closing quote was
 * forgotten: the first line is then refused alone, and the lines after it are read again.
 */
async function* csvRows(chunks: AsyncIterable<string>, columns: () => number | undefined): AsyncGenerator<Row> {
  const lines = linesOf(chunks);
  for (let first = await lines.next(); first !== undefined; first = await lines.next()) {
    const { taken, read } = await takeRecord(first, lines);
    const text = taken.map((line) => line.text).join('\n');
    const isTooLong = text.length > maxRecord;
    const row = isTooLong ? tooLong(read) : closedRow(read);
    const isBroken = taken.length > 1 && (row.fault !== undefined || swallows(row, taken, columns()));
    if (isBroken) lines.again(taken.slice(1));
    const fault = isBroken ? { cells: [], fault: row.fault ?? 'a quote is not closed' } : row;
    yield { line: first.number, text: isBroken ? first.text : text, ...fault };
  }
}

async function takeRecord(
  first: Line,
  lines: Lines,
): Promise<{ readonly taken: readonly Line[]; readonly read: ReadRow }> {
  const taken = [first];
  let text = `${first.text}\n`;
  let read = readRow(text);
  while (read === 'open' && text.length <= maxRecord + 1) {
    const line = await lines.next();
    if (line === undefined) break;
    taken.push(line);
    text += `${line.text}\n`;
    // Only a quote can close an open field, so other lines need no new parse.
    if (line.text.includes('"')) read = readRow(text);
  }
  return { taken, read };
}

/**
 * Whether a record over several lines contains complete records of the file, or has another number of fields than the
 * header. If there is only one column, any line of prose looks like a record, so only the number of fields counts.
 */
function swallows({ cells }: Omit<Row, 'line' | 'text'>, taken: readonly Line[], columns: number | undefined): boolean {
  if (columns === undefined) return false;
  if (cells.length !== columns) return true;
  return columns > 1 && taken.slice(1).some(({ text }) => cellsOf(text) === columns);
}

function cellsOf(text: string): number {
  const read = readRow(`${text}\n`);
  return read === 'open' || read.fault !== undefined ? 0 : read.cells.length;
}

type ReadRow = Omit<Row, 'line' | 'text'> | 'open';

function closedRow(read: ReadRow): Omit<Row, 'line' | 'text'> {
  return read === 'open' ? { cells: [], fault: 'a quote is not closed' } : read;
}

function tooLong(read: ReadRow): Omit<Row, 'line' | 'text'> {
  return { cells: [], fault: read === 'open' ? 'it is too long, or a quote is not closed' : 'it is too long' };
}

/** By `CsvError` code. */
const faults: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'there is a quote within an unquoted field',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
};

/**
 * Reads the text of one record, which ends with a line feed. `open`: a quote is not closed, so the record may continue.
 */
function readRow(text: string): ReadRow {
  try {
    const [cells = []] = parse(text, { record_delimiter: ['\r\n', '\n'], relax_column_count: true });
    return { cells };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    if (error.code === 'CSV_QUOTE_NOT_CLOSED') return 'open';
    return { cells: [], fault: faults[error.code] ?? 'it is not valid CSV' };
  }
}

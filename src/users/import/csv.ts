/**
 * Reads CSV (RFC 4180) with a header line: quoted fields may hold commas, quotes and line breaks; empty fields count as
 * absent. `csv-parse` reads each record. This file decides where a record ends, so that a record that cannot be read
 * costs the next ones nothing and a quote that is never closed is reported at the line where it was opened.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { type FileRecord, fileLines, maxRecord } from './records.ts';

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
  readonly fault?: string;
}

/** The first record is the header. If the header cannot be used, the only record returned is the one that says so. */
export async function* csvRecords(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let header: readonly string[] | undefined;
  for await (const row of csvRows(chunks)) {
    if (row.cells.length === 1 && row.cells[0]?.trim() === '' && row.fault === undefined) continue;
    if (header !== undefined) {
      yield recordOf(header, row);
      continue;
    }
    header = row.cells.map((cell) => cell.trim());
    const fault = headerFault(header, row.fault);
    if (fault === undefined) continue;
    yield { line: row.line, fault };
    return;
  }
}

function headerFault(header: readonly string[], fault: string | undefined): string | undefined {
  if (fault !== undefined) return `the header cannot be read: ${fault}`;
  if (header.includes('')) return 'the header has a column without a name';
  return new Set(header).size < header.length ? 'the header names a column twice' : undefined;
}

function recordOf(header: readonly string[], { line, cells, fault }: Row): FileRecord {
  if (fault !== undefined) return { line, fault };
  if (cells.length !== header.length)
    return { line, fault: `it has ${cells.length} fields, the header has ${header.length}` };
  if (cells.some((cell) => cell.includes('\ufffd'))) return { line, fault: 'it is not valid UTF-8' };
  const named = header.map((name, index) => [name, cells[index] ?? ''] as const);
  return { line, fields: Object.fromEntries(named.filter(([, cell]) => cell !== '')) };
}

/**
 * Takes line after line until the quotes of a record are closed. A record that is refused ends with the line that shows
 * the fault.
 */
async function* csvRows(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  let line = 0;
  let open: { readonly line: number; readonly text: string } | undefined;
  for await (const { text } of fileLines(chunks)) {
    line += 1;
    const record = { line: open?.line ?? line, text: `${open?.text ?? ''}${text}\n` };
    // Only a quote can close a field that is open: everything else need not be parsed again.
    const isClosable = open === undefined || text.includes('"');
    const read = isClosable ? readRow(record.text) : 'open';
    const isTooLong = record.text.length > maxRecord + 1;
    open = read === 'open' && !isTooLong ? record : undefined;
    if (open === undefined) yield { line: record.line, ...(isTooLong ? tooLong(read) : closedRow(read)) };
  }
  if (open !== undefined) yield { line: open.line, ...closedRow('open') };
}

type ReadRow = Omit<Row, 'line'> | 'open';

function closedRow(read: ReadRow): Omit<Row, 'line'> {
  return read === 'open' ? { cells: [], fault: 'a quote is not closed' } : read;
}

function tooLong(read: ReadRow): Omit<Row, 'line'> {
  return { cells: [], fault: read === 'open' ? 'it is too long, or a quote is not closed' : 'it is too long' };
}

/** By code of `CsvError`. */
const faults: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE: 'there is a quote within an unquoted field',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quote',
};

/**
 * Reads the text of one record, which ends with a line feed; `open`: a quote is not closed, so the record may go on.
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

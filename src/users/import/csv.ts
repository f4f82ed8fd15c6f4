/** CSV (RFC 4180) with a header line: quoted fields may hold commas, quotes and line breaks; empty fields count as absent. */
import { type FileRecord, maxRecord } from './records.ts';

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
  readonly fault?: string;
}

/** The first record is the header; if it cannot be used, it is the only one that comes out. */
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

async function* csvRows(chunks: AsyncIterable<string>): AsyncGenerator<Row> {
  const reader = new RowReader();
  for await (const chunk of chunks) {
    for (const character of chunk) {
      const row = reader.take(character);
      if (row !== undefined) yield row;
    }
  }
  const last = reader.end();
  if (last !== undefined) yield last;
}

/** Reads character by character; `closed`: behind the quote that ends a field, or the first of two. */
class RowReader {
  #state: 'start' | 'plain' | 'quoted' | 'closed' = 'start';
  #cells: string[] = [];
  #cell = '';
  #size = 0;
  #line = 1;
  #startLine = 1;
  #fault: string | undefined;

  /** Returns the row that this character ends. */
  take(character: string): Row | undefined {
    if (character === '\n') this.#line += 1;
    this.#size += character.length;
    if (this.#size > maxRecord && this.#state !== 'plain') this.#giveUp('it is too long, or a quote is not closed');
    if (this.#size > maxRecord) this.#fault ??= 'it is too long';
    if (this.#state === 'quoted') {
      if (character === '"') this.#state = 'closed';
      else this.#cell += character;
      return undefined;
    }
    return character === '\n' ? this.#endRow() : this.#takeOutside(character);
  }

  /** The last row, when no line break ends it. */
  end(): Row | undefined {
    if (this.#state === 'quoted') this.#giveUp('a quote is not closed');
    return this.#size === 0 ? undefined : this.#endRow();
  }

  #takeOutside(character: string): undefined {
    if (this.#fault !== undefined) return;
    if (character === ',') this.#endCell();
    else if (character === '"') this.#takeQuote();
    else if (this.#state === 'closed' && character !== '\r') this.#giveUp('something follows a closing quote');
    else {
      if (this.#state === 'start') this.#state = 'plain';
      if (this.#state === 'plain') this.#cell += character;
    }
  }

  #takeQuote(): void {
    if (this.#state === 'plain') {
      this.#giveUp('there is a quote within an unquoted field');
      return;
    }
    if (this.#state === 'closed') this.#cell += '"';
    this.#state = 'quoted';
  }

  /** The rest up to the end of the line is skipped. */
  #giveUp(fault: string): void {
    this.#fault ??= fault;
    this.#state = 'plain';
    this.#cell = '';
  }

  #endCell(): void {
    this.#cells.push(this.#cell);
    this.#cell = '';
    this.#state = 'start';
  }

  #endRow(): Row {
    if (this.#state === 'plain') this.#cell = this.#cell.replace(/\r$/, '');
    this.#endCell();
    const row = {
      line: this.#startLine,
      cells: this.#cells,
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
    };
    this.#cells = [];
    this.#size = 0;
    this.#startLine = this.#line;
    this.#fault = undefined;
    return row;
  }
}

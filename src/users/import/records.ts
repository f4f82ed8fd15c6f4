/** Reads a file as a stream of records. Each record knows its line, and a bad record does not affect the next one. */

/** One record, or why it cannot be read. `text`: as it appears in the file. */
export type FileRecord =
  | { readonly line: number; readonly text: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly text: string; readonly fault: string };

/** The header line, as it appears in the file. */
export interface FileHeader {
  readonly line: number;
  readonly header: string;
  readonly columns: readonly string[];
}

/** One line of a file, without its line break. */
export interface FileLine {
  /** At most the first `maxRecord` + 1 UTF-16 units. */
  readonly text: string;
  readonly isTooLong: boolean;
}

/** The longest record (UTF-16 units), so that the memory of an import does not depend on the length of the file. */
export const maxRecord = 65_536;

/**
 * Decodes a stream of bytes as UTF-8. Invalid bytes become U+FFFD, which no record may contain. A byte order mark is
 * dropped.
 */
export async function* decoded(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

/** Splits a stream of text at line feeds. An empty last line is left out. */
export async function* fileLines(chunks: AsyncIterable<string>): AsyncGenerator<FileLine> {
  let rest = '';
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    rest = appended(rest, first);
    for (const next of others) {
      yield fileLine(rest);
      rest = appended('', next);
    }
  }
  if (rest !== '') yield fileLine(rest);
}

/** Keeps one unit more than allowed, so that `fileLine` notices a line that is too long. */
function appended(line: string, text: string): string {
  return line + text.slice(0, maxRecord + 1 - line.length);
}

function fileLine(text: string): FileLine {
  return { text, isTooLong: text.length > maxRecord };
}

/** Reads JSON Lines: one JSON object per line. Empty lines are skipped. */
import { type FileLine, type FileRecord, fileLines } from './records.ts';

export async function* jsonLines(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const fileLine of fileLines(chunks)) {
    line += 1;
    const record = parse(line, fileLine);
    if (record !== undefined) yield record;
  }
}

function parse(line: number, { text, isTooLong }: FileLine): FileRecord | undefined {
  if (isTooLong) return { line, text, fault: 'the line is too long' };
  if (text.trim() === '') return undefined;
  if (text.includes('\ufffd')) return { line, text, fault: 'it is not valid UTF-8' };
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields))
      return { line, text, fields: { ...fields } };
    return { line, text, fault: 'it is not a JSON object' };
  } catch {
    return { line, text, fault: 'it is not valid JSON' };
  }
}

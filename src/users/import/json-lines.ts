/** JSON Lines: one JSON object per line; empty lines are skipped. */
import { type FileRecord, maxRecord } from './records.ts';

export async function* jsonLines(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let line = 0;
  for await (const text of lines(chunks)) {
    line += 1;
    const record = text === undefined ? { line, fault: 'the line is too long' } : parse(line, text);
    if (record !== undefined) yield record;
  }
}

function parse(line: number, text: string): FileRecord | undefined {
  if (text.trim() === '') return undefined;
  if (text.includes('\ufffd')) return { line, fault: 'it is not valid UTF-8' };
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) return { line, fields: { ...fields } };
    return { line, fault: 'it is not a JSON object' };
  } catch {
    return { line, fault: 'it is not valid JSON' };
  }
}

/** `undefined` stands for a line that is too long. */
async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string | undefined> {
  let rest = '';
  let tooLong = false;
  for await (const chunk of chunks) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      yield tooLong || part.length > maxRecord ? undefined : part;
      tooLong = false;
    }
    if (rest.length > maxRecord) {
      tooLong = true;
      rest = '';
    }
  }
  if (tooLong) yield undefined;
  else if (rest !== '') yield rest;
}

/** Files of records as streams of records: each keeps the line it starts on, and a bad one does not spoil the next. */

/** One record, or why it cannot be read. */
export type FileRecord =
  | { readonly line: number; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly fault: string };

/** Longest record in UTF-16 units: what a file holds in memory does not depend on its length. */
export const maxRecord = 65_536;

/** Text of a stream of bytes. Bytes that are not UTF-8 become U+FFFD, which no record may hold. A byte order mark is dropped. */
export async function* decoded(chunks: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    yield typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  }
  yield decoder.decode();
}

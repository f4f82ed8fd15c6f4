/** What a command prints when it is done. */
import { jsonPieces } from './json-pieces.ts';

export interface ResultOptions {
  readonly json?: true;
}

/**
 * `text`: whole lines for a reader. `data`: the same for a script, printed as one JSON object on one line; a function
 * where it takes long to put together.
 */
export function printResult(
  { stdout }: { stdout(text: string): void },
  { json }: ResultOptions,
  { text, data }: { readonly text: string; readonly data: object | (() => object) },
): void {
  const pieces = json ? jsonPieces(typeof data === 'function' ? data() : data) : [text];
  for (const piece of pieces) stdout(piece);
  if (json) stdout('\n');
}

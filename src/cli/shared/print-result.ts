/** What a command prints when it is done. */

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
  stdout(json ? `${JSON.stringify(typeof data === 'function' ? data() : data)}\n` : text);
}

/** Prints the result of a command. */
import { jsonPieces } from './json-pieces.ts';

export interface ResultOptions {
  readonly json?: true;
}

/** Whole lines for a reader, and the same for a script as one JSON object on one line. */
interface Result<Text, Data> {
  readonly text: Text;
  readonly data: Data;
}

export function printResult(
  { stdout }: { stdout(text: string): void },
  { json }: ResultOptions,
  { text, data }: Result<string, object>,
): void {
  stdout(json ? `${JSON.stringify(data)}\n` : text);
}

interface LongOutput {
  stdout(text: string): void;
  stdoutTaken?(): Promise<void>;
}

/**
 * The same for results of any length, of which only what is printed is made. It waits for a slow reader, so that the
 * complete JSON is never in memory.
 */
export async function printLongResult(
  context: LongOutput,
  { json }: ResultOptions,
  { text, data }: Result<() => string, () => object>,
): Promise<void> {
  for (const piece of json ? jsonPieces(data()) : [text()]) {
    context.stdout(piece);
    await context.stdoutTaken?.();
  }
  if (json) context.stdout('\n');
}

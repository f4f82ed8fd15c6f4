/** Questions on the terminal. */

import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { refusal } from '../shared/refusal.ts';
import type { Questions } from './answers.ts';

/** `close`: nothing more is asked, and the terminal is as before. */
export function terminalQuestions(input: Readable, stderr: (text: string) => void): Questions & { close(): void } {
  const terminal = createInterface({ input, output: process.stderr, terminal: true });
  const ended = new AbortController();
  terminal.on('SIGINT', () => ended.abort());
  terminal.on('close', () => ended.abort());
  return {
    async ask(question) {
      try {
        return await terminal.question(question, { signal: ended.signal });
      } catch {
        stderr('\n');
        throw refusal('stopped: nothing was written');
      }
    },
    say: stderr,
    close: () => terminal.close(),
  };
}

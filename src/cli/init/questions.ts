/** Asks questions on the terminal. */

import { createInterface } from 'node:readline/promises';
import type { Readable, Writable } from 'node:stream';
import { refusal } from '../shared/options/refusal.ts';
import type { Questions } from './answers.ts';

/** `close`: ends the questions and restores the terminal. */
export function terminalQuestions(input: Readable, output: Writable): Questions & { close(): void } {
  const say = (text: string): void => void output.write(text);
  const terminal = createInterface({ input, output, terminal: true });
  const ended = new AbortController();
  terminal.on('SIGINT', () => ended.abort());
  terminal.on('close', () => ended.abort());
  return {
    async ask(question) {
      try {
        return await terminal.question(question, { signal: ended.signal });
      } catch {
        say('\n');
        throw refusal('stopped: nothing was changed');
      }
    },
    say,
    close: () => terminal.close(),
  };
}

/**
 * The commands as an administrator runs them, within the process of the test: in one of its own, each costs a start.
 */
import { Readable, Writable } from 'node:stream';
import type { CommandProcess } from '../../../src/cli/base-context.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { Environment, Ran } from './stepgate-process.ts';

/**
 * Runs one command to its end. `input` goes to its standard input. What is about a process (`serve`, signals, pipes)
 * needs `stepgate` or `startStepgate`, and each test file runs something by them: the program is to be proved, too.
 */
export async function runCommand(env: Environment, words: readonly string[], input = ''): Promise<Ran> {
  const texts = { out: '', err: '' };
  const own: CommandProcess = {
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: collector((text) => {
      texts.out += text;
    }),
    stderr: collector((text) => {
      texts.err += text;
    }),
    exit: (code) => {
      if (code !== undefined) own.exitCode = code;
    },
    once: () => undefined,
  };
  await runProgram({ env: { ...process.env, ...env }, version: '0.0.0', words, serve: refuseToServe, process: own });
  return { code: Number(own.exitCode ?? 0), ...texts };
}

function collector(take: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, taken) {
      take(chunk.toString());
      taken();
    },
  });
}

async function refuseToServe(): Promise<never> {
  throw new Error('a server needs a process of its own: startStepgate');
}

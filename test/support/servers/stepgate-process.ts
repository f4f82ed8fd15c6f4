/** The program as an administrator runs it: processes of their own on one data directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export type Environment = Readonly<Record<string, string>>;

function start(words: readonly string[], env: Environment): ChildProcess {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'dist/main.js', ...words], {
    env: { ...inherited, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs one command to its end. `input` goes to its standard input. */
export async function stepgate(env: Environment, words: readonly string[], input = ''): Promise<Ran> {
  const child = start(words, env);
  const texts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text) => {
    texts.out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    texts.err += text;
  });
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...texts };
}

export interface Running {
  /** Lines on standard output so far. */
  readonly lines: readonly string[];
  /** What stands on standard error so far. */
  errors(): string;
  /** It ended by itself, or was stopped. */
  hasEnded(): boolean;
  /** The first line, now or later, that matches; rejects when the process ends without. */
  line(pattern: RegExp): Promise<string>;
  /** Sends the signal, and waits for the end. */
  stop(signal: 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts a command that goes on until it is stopped. */
export function startStepgate(env: Environment, words: readonly string[]): Running {
  const child = start(words, env);
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  let ended = false;
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  const closed = once(child, 'close') as Promise<[number | null]>;
  void closed.then(() => {
    ended = true;
    heard();
  });
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      heard();
    });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  return {
    lines,
    errors: () => errors,
    hasEnded: () => ended,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && !ended) return;
          listeners.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`ended without ${pattern}: ${errors}`));
        };
        listeners.add(look);
        look();
      }),
    async stop(signal) {
      child.kill(signal);
      return (await closed)[0];
    },
  };
}

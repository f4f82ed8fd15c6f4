/** A server of the benchmark in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Reading, Ready } from './servers/meter.ts';

export interface Child {
  readonly issuer: string;
  read(): Promise<Reading>;
  stop(): Promise<void>;
}

export interface ChildOptions {
  /** File in `servers/`. */
  readonly server: string;
  readonly env: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
}

/** What `npm start` runs Stepgate with; the baseline gets the same. */
export const nodeFlags = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];

/**
 * Starts a server and waits until it listens. Rejects when it ends before that. Its stdout goes nowhere, its errors to
 * ours.
 */
export async function startChild({ server, env, nodeFlags: more = [] }: ChildOptions): Promise<Child> {
  const child = fork(join(import.meta.dirname, 'servers', server), {
    execArgv: [...nodeFlags, ...more],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit');
  const message = async <T>(): Promise<T> => {
    const ended = gone.then(() => Promise.reject(new Error(`${server} ended`)));
    const [value] = await Promise.race([once(child, 'message'), ended]);
    return value as T;
  };
  const { issuer } = await message<Ready>();
  return {
    issuer,
    read() {
      const answer = message<Reading>();
      child.send('read');
      return answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

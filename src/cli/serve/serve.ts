/** `stepgate serve`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';

export interface ServeCommandOptions {
  readonly demo: boolean;
  /** The file to which log lines are appended. `-`: standard output. Absent: the server's default. */
  readonly logFile?: string;
}

export interface ServeContext {
  /** Runs the server; resolves once it listens. */
  serve(options: ServeCommandOptions): Promise<void>;
}

export function serveCommand({ serve }: ServeContext): Command {
  return newCommand('serve')
    .option('--demo', 'with demo users and a demo relying party, on this machine only', false)
    .option(
      '--log-file <file>',
      'append the log to this file; "-" prints it, as usual; a demo logs to demo.log in the data directory',
    )
    .action(serve);
}

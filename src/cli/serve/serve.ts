/** `stepgate serve`. */
import type { Command } from 'commander';
import { newCommand } from '../commands.ts';

export interface ServeContext {
  /** Runs the server; resolves once it listens. */
  serve(options: { readonly demo: boolean }): Promise<void>;
}

export function serveCommand({ serve }: ServeContext): Command {
  return newCommand('serve')
    .option('--demo', 'with demo users and a demo relying party, on this machine only', false)
    .action(serve);
}

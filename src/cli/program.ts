/** `stepgate`: all commands, each in its own file. */
import { Command } from 'commander';
import { authenticatorTraits } from '../authenticators/index.ts';
import { openStore } from '../stores/open.ts';
import type { Store } from '../stores/store.ts';
import { configCommand } from './config.ts';
import { keysCommand } from './keys.ts';

export interface ProgramParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs the server; resolves once it listens. */
  serve(options: { readonly demo: boolean }): Promise<void>;
}

export function createProgram({ env, serve }: ProgramParts): Command {
  const stdout = (text: string): void => void process.stdout.write(text);
  const stderr = (text: string): void => void process.stderr.write(text);
  const setExitCode = (code: 0 | 1): void => {
    process.exitCode = code;
  };
  const open = (): Promise<Store> =>
    openStore({
      ...(env.REDIS_URL ? { redisUrl: env.REDIS_URL } : {}),
      dataDir: env.DATA_DIR ?? 'data',
      warn: (text) => stderr(`${text}\n`),
    });

  const program = new Command('stepgate').description('Stepgate, a self-hosted identity engine').showHelpAfterError();
  program
    .command('serve')
    .description('run the provider')
    .option('--demo', 'with demo users and a demo relying party, on this machine only', false)
    .action(serve);
  program.addCommand(
    configCommand({
      openStore: open,
      configDir: env.CONFIG_DIR ?? 'config',
      stdout,
      stderr,
      authenticators: authenticatorTraits,
      variables: env,
      setExitCode,
    }),
  );
  program.addCommand(keysCommand({ openStore: open, stdout }));
  return program;
}

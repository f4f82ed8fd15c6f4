/** `stepgate`: puts all commands together. Each has its own folder, and a row in `commands.ts`. */
import { styleText } from 'node:util';
import { Command } from 'commander';
import { accessCodeBounds, issueAccessCode } from '../authenticators/access-code/access-code.ts';
import { emailCredential } from '../authenticators/email/email.ts';
import { authenticatorKinds } from '../authenticators/index.ts';
import { passwordTools } from '../authenticators/password/tools.ts';
import { phoneCredential, takesCodes } from '../authenticators/phone/phone.ts';
import { HashingQueue } from '../authenticators/shared/hashing-queue.ts';
import { mailAddress } from '../core/model/mail-address.ts';
import { openStore } from '../stores/open.ts';
import type { Store } from '../stores/store.ts';
import { auditCommand } from './audit/audit.ts';
import { newCommand } from './commands.ts';
import { configCommand } from './config/config.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { explainCommand } from './explain/explain.ts';
import { keysCommand } from './keys/keys.ts';
import type { Paint } from './shared/paint.ts';
import { usersCommand } from './users/users.ts';

export interface ProgramParts {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Runs the server; resolves once it listens. */
  serve(options: { readonly demo: boolean }): Promise<void>;
}

/** All commands. Each rejects with an error whose message is a sentence for the admin. */
export function createProgram({ env, serve }: ProgramParts): Command {
  const stdout = (text: string): void => void process.stdout.write(text);
  const stderr = (text: string): void => void process.stderr.write(text);
  const setExitCode = (code: 0 | 1): void => {
    process.exitCode = code;
  };
  const dataDir = env.DATA_DIR ?? 'data';
  const configDir = env.CONFIG_DIR ?? 'config';
  const openAnd = (warn: (text: string) => void): Promise<Store> =>
    openStore({ ...(env.REDIS_URL ? { redisUrl: env.REDIS_URL } : {}), dataDir, warn });
  const open = (): Promise<Store> => openAnd((text) => stderr(`${text}\n`));
  const paint: Paint = (colour, text) => styleText(colour, text, { stream: process.stdout });
  // The demo's relying party listens on the next port; files that name it must mean the same here as in the server.
  const variables = { DEMO_RP_PORT: String(Number(env.PORT ?? 3000) + 1), ...env };
  const authenticators = authenticatorKinds;
  const now = (): number => Math.floor(Date.now() / 1000);

  const program = new Command('stepgate').description('Stepgate, a self-hosted identity engine').showHelpAfterError();
  program.addCommand(
    newCommand('serve')
      .option('--demo', 'with demo users and a demo relying party, on this machine only', false)
      .action(serve),
  );
  program.addCommand(
    configCommand({ openStore: open, configDir, stdout, stderr, authenticators, variables, setExitCode }),
  );
  program.addCommand(explainCommand({ openStore: open, stdout, paint, authenticators, variables, now }));
  program.addCommand(
    usersCommand({
      openStore: open,
      stdout,
      stderr,
      stdin: process.stdin,
      passwords: passwordTools(),
      addressCredential: (text) => (mailAddress(text) === undefined ? undefined : emailCredential(text)),
      numberCredential: (text) => (takesCodes(text) ? phoneCredential(text) : undefined),
      accessCodes: { bounds: accessCodeBounds, issue: (terms) => issueAccessCode(new HashingQueue(), terms) },
      now,
      authenticators,
      setExitCode,
    }),
  );
  program.addCommand(keysCommand({ openStore: open, stdout }));
  program.addCommand(
    doctorCommand({
      openStore: openAnd,
      stdout,
      paint,
      authenticators,
      variables,
      ...(env.REDIS_URL ? {} : { dataDir }),
      configDir,
      ...(env.ISSUER ? { issuer: env.ISSUER } : {}),
      nodeVersion: process.versions.node,
      now,
      setExitCode,
    }),
  );
  program.addCommand(auditCommand({ openStore: open, stdout, paint, interrupted }));
  program.hook('preAction', (_program, command) => {
    if (command.name() !== 'serve') process.stdout.on('error', leaveQuietly);
  });
  return program;
}

/** Aborts on Ctrl-C. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** Ends without an error when the reader of our output has closed it (`| head`). */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

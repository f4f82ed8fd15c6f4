/** `stepgate`: puts all commands together. Each command has a folder, a row in `commands.ts` and a line here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { accessCodeBounds, issueAccessCode } from '../authenticators/access-code/access-code.ts';
import { emailCredential } from '../authenticators/email/email.ts';
import { authenticatorKinds } from '../authenticators/index.ts';
import { passwordTools } from '../authenticators/password/tools.ts';
import { phoneCredential, takesCodes } from '../authenticators/phone/phone.ts';
import { recoveryCodeKey } from '../authenticators/recovery-code/recovery-code.ts';
import { HashingQueue } from '../authenticators/shared/hashing-queue.ts';
import { mailAddress } from '../core/model/mail-address.ts';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { checkOwnViews } from '../own-views.ts';
import { backUp, restoreBackup } from '../stores/backup/backup.ts';
import { finishUpgrade } from '../stores/finish-upgrade.ts';
import { openAsItIs, openStore, readDurability } from '../stores/open.ts';
import { type AuditContext, auditCommand } from './audit/audit.ts';
import { type BackupContext, backupCommand } from './backup/backup.ts';
import { completionCommand } from './completion/completion.ts';
import { type ConfigContext, configCommand } from './config/config.ts';
import { type DoctorContext, doctorCommand } from './doctor/doctor.ts';
import { type ExplainContext, explainCommand } from './explain/explain.ts';
import { type KeysContext, keysCommand } from './keys/keys.ts';
import { type RestoreContext, restoreCommand } from './restore/restore.ts';
import { type ServeContext, serveCommand } from './serve/serve.ts';
import { type StoreContext, storeCommand } from './store/store.ts';
import { usersCommand } from './users/users.ts';
import type { UsersContext } from './users/users-context.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramParts extends ServeContext {
  readonly env: Environment;
}

/** All commands. Each rejects with an error whose message is a sentence for the admin. */
export function createProgram({ env, serve }: ProgramParts): Command {
  const context = createContext(env);
  const program = new Command('stepgate')
    .description('Stepgate, a self-hosted identity engine')
    .version(versionOf(join(import.meta.dirname, '../../package.json')), '-V, --version', 'print the version')
    .showHelpAfterError();
  program.addCommand(serveCommand({ serve }));
  program.addCommand(configCommand(context));
  program.addCommand(explainCommand(context));
  program.addCommand(usersCommand(context));
  program.addCommand(keysCommand(context));
  program.addCommand(backupCommand(context));
  program.addCommand(restoreCommand(context));
  program.addCommand(storeCommand(context));
  program.addCommand(doctorCommand(context));
  program.addCommand(auditCommand(context));
  program.addCommand(completionCommand(context, () => program));
  program.hook('preAction', (_program, command) => {
    if (command.name() !== 'serve') process.stdout.on('error', leaveQuietly);
  });
  return program;
}

type CommandContext = AuditContext &
  BackupContext &
  ConfigContext &
  DoctorContext &
  ExplainContext &
  KeysContext &
  RestoreContext &
  StoreContext &
  UsersContext;

/** What the commands need of the process and of the parts of the server. */
function createContext(env: Environment): CommandContext {
  const stdout = (text: string): void => void process.stdout.write(text);
  const stderr = (text: string): void => void process.stderr.write(text);
  const dataDir = env.DATA_DIR ?? 'data';
  const redisUrl = env.REDIS_URL || undefined;
  const warn = (text: string): void => stderr(`${text}\n`);
  const durability = readDurability(env.REDIS_DURABILITY);
  const settings = { ...omitUndefined({ redisUrl, durability }), dataDir, warn, isPatient: true };
  return {
    stdout,
    stderr,
    stdin: process.stdin,
    paint: (colour, text) => styleText(colour, text, { stream: process.stdout }),
    setExitCode: (code) => {
      process.exitCode = code;
    },
    interrupted,
    now: () => Math.floor(Date.now() / 1000),
    openStore: () => openStore(settings),
    // An empty data directory is a first start; an empty Redis may have lost everything.
    openNewStore: (init, initialise) => openStore(settings, init || redisUrl === undefined ? initialise : undefined),
    backUp: (file, encryption) => backUp(settings, file, { encryption, now: Date.now() }),
    restoreBackup: (file, options) => restoreBackup(settings, file, { ...options, now: Date.now() }),
    finishUpgrade: () => finishUpgrade(settings),
    recoveryCodes: recoveryCodeKey,
    openAsItIs: (warn) => openAsItIs({ ...settings, warn }),
    configDir: env.CONFIG_DIR ?? 'config',
    checkViews: () => (env.VIEWS_DIR ? checkOwnViews(env.VIEWS_DIR) : []),
    ...omitUndefined({ dataDir: redisUrl === undefined ? dataDir : undefined, issuer: env.ISSUER || undefined }),
    fetch,
    nodeVersion: process.versions.node,
    // The demo's relying party listens on the next port; files that name it must mean the same here as in the server.
    variables: { DEMO_RP_PORT: String(Number(env.PORT ?? 3000) + 1), ...env },
    authenticators: authenticatorKinds,
    passwords: passwordTools(),
    addressCredential: (text) => (mailAddress(text) === undefined ? undefined : emailCredential(text)),
    numberCredential: (text) => (takesCodes(text) ? phoneCredential(text) : undefined),
    accessCodes: { bounds: accessCodeBounds, issue: (terms) => issueAccessCode(new HashingQueue(), terms) },
  };
}

function versionOf(packageFile: string): string {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(packageFile, 'utf8'));
  return version;
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

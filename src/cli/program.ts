/**
 * `stepgate`: assembles the commands. Each command has a folder, a row in `commands.ts` and a line here. A command line
 * loads only the command that it names, with that command's packages (decision 62).
 */
import { Command, CommanderError } from 'commander';
import { type BaseContext, baseContext, type CommandProcess, type Environment } from './base-context.ts';
import { newCommandGroup } from './commands.ts';
import { completionCommand } from './completion/completion.ts';
import { type ServeContext, serveCommand } from './serve/serve.ts';
import { withDashedValues } from './shared/options/dashed-values.ts';

export interface ProgramParts extends ServeContext {
  readonly env: Environment;
  /** The version of this package, e.g. `1.2.3`. */
  readonly version: string;
  /** The words of the command line, without the program. If they name no command, all are loaded. */
  readonly words: readonly string[];
  /** What the commands read, print to and end. Default: Node's own process. */
  readonly process?: CommandProcess;
}

type Load = (context: BaseContext) => Promise<Command>;

/**
 * By the first words of the command. A subcommand that needs much less than its group has a line of its own. `serve`
 * and `completion` load nothing here.
 */
const loaders: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['config', async (base) => (await import('./config/config.ts')).configCommand(await withAuthenticators(base))],
  ['explain', async (base) => (await import('./explain/explain.ts')).explainCommand(await withAuthenticators(base))],
  ['users', async (base) => (await import('./users/users.ts')).usersCommand(await withAuthenticators(base))],
  ['users list', async (base) => newCommandGroup('users', [(await import('./users/list.ts')).usersListCommand(base)])],
  ['preview', loadPreview],
  ['keys', async (base) => (await import('./keys/keys.ts')).keysCommand(base)],
  ['backup', loadBackup],
  ['restore', loadRestore],
  ['store', async (base) => (await import('./store/store.ts')).storeCommand(await withAuthenticators(base))],
  ['doctor', async (base) => (await import('./doctor/doctor.ts')).doctorCommand(await withAuthenticators(base))],
  ['audit', async (base) => (await import('./audit/audit.ts')).auditCommand(base)],
]);

/**
 * Runs the command line. An error is printed as one sentence on standard error, and ends the process with exit code 1.
 */
export async function runProgram(parts: ProgramParts): Promise<void> {
  const { words, process: own = process } = parts;
  try {
    const program = await createProgram(parts);
    speakThrough(own, program);
    await program.parseAsync(withDashedValues(words, program), { from: 'user' });
  } catch (error) {
    // Commander has already printed the error or the requested help.
    if (error instanceof CommanderError) return own.exit(error.exitCode);
    own.stderr.write(`${sentence(error)}\n`);
    own.exit(1);
  }
}

/**
 * The commands that the arguments may name. Each rejects with an error whose message is one sentence for the
 * administrator.
 */
export async function createProgram({ env, serve, version, words, process: own }: ProgramParts): Promise<Command> {
  const base = baseContext(env, own);
  const program = new Command('stepgate')
    .description('Stepgate, a self-hosted identity engine')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError();
  program.addCommand(serveCommand({ serve }));
  for (const load of loadersFor(words)) program.addCommand(await load(base));
  program.addCommand(completionCommand(base, () => program));
  program.hook('preAction', (_program, command) => {
    if (command.name() !== 'serve') leaveQuietly(own ?? process);
  });
  return program;
}

/** Routes Commander's own output through the given process, and turns its exits into errors. */
function speakThrough(own: CommandProcess, command: Command): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => void own.stdout.write(text),
    writeErr: (text) => void own.stderr.write(text),
    getOutHelpWidth: () => own.stdout.columns ?? 80,
    getErrHelpWidth: () => own.stderr.columns ?? 80,
  });
  for (const subcommand of command.commands) speakThrough(own, subcommand);
}

function loadersFor([first = '', second = '']: readonly string[]): readonly Load[] {
  if (first === 'serve') return [];
  const named = loaders.get(`${first} ${second}`) ?? loaders.get(first);
  return named ? [named] : [...loaders].filter(([words]) => !words.includes(' ')).map(([, load]) => load);
}

async function withAuthenticators(base: BaseContext) {
  return { ...base, ...(await import('./authenticator-context.ts')).authenticatorContext };
}

async function loadBackup(base: BaseContext): Promise<Command> {
  const [{ backupCommand }, { backUp }] = await Promise.all([
    import('./backup/backup.ts'),
    import('../stores/backup/backup.ts'),
  ]);
  return backupCommand({
    ...base,
    backUp: (file, encryption) => backUp(base.storeSettings, file, { encryption, now: Date.now() }),
  });
}

async function loadPreview(base: BaseContext): Promise<Command> {
  const [{ previewCommand }, { openPreview }, { servePreview }, { writePreview }, { shippedViewsDir }] =
    await Promise.all([
      import('./preview/preview.ts'),
      import('../preview/open-preview.ts'),
      import('../preview/preview-server.ts'),
      import('../preview/write-preview.ts'),
      import('../operator-views.ts'),
    ]);
  const context = await withAuthenticators(base);
  const views = { viewsDir: shippedViewsDir, operatorViewsDir: base.operatorViewsDir };
  return previewCommand({
    ...context,
    openPreview: (documents, languages) => openPreview({ ...context, ...views, documents, languages }),
    servePreview,
    writePreview,
  });
}

async function loadRestore(base: BaseContext): Promise<Command> {
  const [{ restoreCommand }, { restoreBackup }] = await Promise.all([
    import('./restore/restore.ts'),
    import('../stores/backup/backup.ts'),
  ]);
  return restoreCommand({
    ...(await withAuthenticators(base)),
    restoreBackup: (file, options) => restoreBackup(base.storeSettings, file, { ...options, now: Date.now() }),
  });
}

/** Lets the process end without an error if the reader has closed its output (`| head`). */
function leaveQuietly(own: CommandProcess): void {
  own.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    own.exit();
  });
}

/** The text that an administrator reads when a command fails. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as Error & { readonly code?: unknown; readonly port?: unknown };
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use: another program listens there, perhaps a Stepgate that still runs. Stop it, or set PORT to another port.`;
  if (code === 'EACCES' && port !== undefined)
    return `This user may not listen on port ${port}: set PORT to a port above 1023.`;
  return error.message;
}

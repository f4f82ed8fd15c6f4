/**
 * `stepgate`: puts the commands together. Each command has a folder, a row in `commands.ts` and a line here. A command
 * line loads the command that it names, with the packages that this one needs, and nothing else (decision 62).
 */
import { Command } from 'commander';
import { type BaseContext, baseContext, type Environment } from './base-context.ts';
import { newCommandGroup } from './commands.ts';
import { completionCommand } from './completion/completion.ts';
import { type ServeContext, serveCommand } from './serve/serve.ts';

export interface ProgramParts extends ServeContext {
  readonly env: Environment;
  /** Of this package, as `1.2.3`. */
  readonly version: string;
  /** Of the command line, without the program. Where they name no command, all are loaded. */
  readonly words: readonly string[];
}

type Load = (context: BaseContext) => Promise<Command>;

/**
 * By the words that the command begins with. A subcommand that needs much less than its group has a line of its own.
 * `serve` and `completion` load nothing here.
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

/** The commands that the words may be about. Each rejects with an error whose message is a sentence for the admin. */
export async function createProgram({ env, serve, version, words }: ProgramParts): Promise<Command> {
  const base = baseContext(env);
  const program = new Command('stepgate')
    .description('Stepgate, a self-hosted identity engine')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError();
  program.addCommand(serveCommand({ serve }));
  for (const load of loadersFor(words)) program.addCommand(await load(base));
  program.addCommand(completionCommand(base, () => program));
  program.hook('preAction', (_program, command) => {
    if (command.name() !== 'serve') process.stdout.on('error', leaveQuietly);
  });
  return program;
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
      import('../own-views.ts'),
    ]);
  const context = await withAuthenticators(base);
  const views = { viewsDir: shippedViewsDir, ownViewsDir: base.ownViewsDir };
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

/** Ends without an error when the reader of our output has closed it (`| head`). */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

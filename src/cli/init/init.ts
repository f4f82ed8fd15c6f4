/** `stepgate config init`: an initial configuration for a new installation. */
import { createHash, randomBytes } from 'node:crypto';
import { isAbsolute, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { analyse } from '../../policy/analysis/findings/analyse.ts';
import { loadConfiguration } from '../../policy/load.ts';
import { findingsText, shellWord } from '../../policy/model/analysis-finding.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { findingText } from '../../policy/model/finding.ts';
import { jsonSchemas } from '../../policy/schema/json-schemas.ts';
import { newCommand } from '../commands.ts';
import { refusal } from '../shared/options/refusal.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { type InitAnswers, type InitOptions, initAnswers, type Questions } from './answers.ts';
import { initialFiles } from './files.ts';
import { refuseUnlessEmpty, stageFiles } from './new-directory.ts';

export interface InitContext {
  /** Directory of the configuration if the command names none. */
  readonly configDir: string;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Prints whole lines. */
  stdout(text: string): void;
  /** Aborts on Ctrl-C. */
  interrupted(): AbortSignal;
  /** Epoch seconds. */
  now(): number;
  /** Undefined if there is no terminal to ask on. */
  openQuestions(): Promise<(Questions & { close(): void }) | undefined>;
  /** Absent where Redis is the store. */
  readonly dataDir?: string;
  /** Whether a directory has a store, or what remains of one. */
  hasStore(dataDir: string): boolean;
}

export function initCommand(context: InitContext): Command {
  return newCommand('config init')
    .argument('[dir]', 'directory to write to: empty, or not there yet', context.configDir)
    .option('--issuer <url>', 'public URL of this installation, such as https://id.example.org')
    .option('--name <text>', 'name that users see (default: the host of the issuer)')
    .option('--app <client id>', 'client id of the first app')
    .option('--app-name <text>', 'its name, as users know it (default: its client id)')
    .option('--redirect-uri <url>', 'where users return to')
    .option('--public', 'the app cannot keep a secret (it runs in the browser or on a phone): PKCE only')
    .option('--mail-host <host>', 'mail server (default: no mail)')
    .option('--mail-from <address>', 'address of the sender')
    .option('--mail-user <name>', 'name to sign in with at the mail server; the password is in SMTP_PASSWORD')
    .option('--admin <identifier>', 'user name or mail address of the first administrator')
    .action((dir: string, options: InitOptions & ResultOptions) => init(context, dir, options));
}

async function init(context: InitContext, dir: string, options: InitOptions & ResultOptions): Promise<void> {
  refuseUnlessEmpty(dir);
  const answers = await asked(context, options);
  const secret = answers.app.hasSecret ? randomBytes(32).toString('base64url') : undefined;
  const hash = secret && `sha256:${createHash('sha256').update(secret).digest('base64url')}`;
  const written = initialFiles(answers, hash);
  const schemas = [...jsonSchemas(context.authenticators)].map(([file, text]) => [`schema/${file}`, text] as const);
  const interrupted = context.interrupted();
  const staged = stageFiles(dir, new Map([...written, ...schemas]));
  const faults = await faultsOf(context, staged.dir).catch((error: unknown) => [String(error)]);
  if (interrupted.aborted || faults.length > 0) {
    staged.discard();
    throw refusal(interrupted.aborted ? 'stopped: nothing was written' : `nothing was written:\n${faults.join('\n')}`);
  }
  staged.keep();
  const { dataDir } = context;
  const taken = dataDir !== undefined && context.hasStore(dataDir) ? dataDir : undefined;
  const own = taken === undefined ? undefined : newDataDirectory(dir, context);
  const next = nextCommands({ dir, own }, answers, context);
  printResult(context, options, {
    text: [
      `wrote ${[...written.keys()].join(', ')} to ${dir}`,
      ...(secret === undefined ? [] : [`secret of ${answers.app.clientId}, shown this once: ${secret}`]),
      '',
      'What next (in a checkout, `stepgate` is `npm run stepgate --`):',
      ...(taken === undefined
        ? []
        : [`  # ${taken} has a store already, such as that of the demo: these commands make a new one.`]),
      ...next.map((command) => `  ${command}`),
      '',
    ].join('\n'),
    data: {
      directory: dir,
      files: [...written.keys(), ...schemas.map(([file]) => file)],
      ...(secret !== undefined && { clientSecret: secret }),
      next,
    },
  });
}

/**
 * The first without a store of `dir-data`, `dir-data-2`, and so on. Outside, also where the directory is given as `.`
 * or ends with a slash: no file may be in it that is unknown.
 */
function newDataDirectory(dir: string, { hasStore }: InitContext): string {
  const first = `${resolve(dir)}-data`;
  let free = first;
  for (let at = 2; hasStore(free); at += 1) free = `${first}-${at}`;
  return isAbsolute(dir) ? free : relative('', free);
}

async function asked({ authenticators, openQuestions }: InitContext, options: InitOptions): Promise<InitAnswers> {
  const questions = await openQuestions();
  try {
    return await initAnswers(options, authenticators, questions);
  } finally {
    questions?.close();
  }
}

/** What `config check` would report, including warnings. Empty unless one of the answers causes a finding. */
async function faultsOf({ authenticators, now }: InitContext, dir: string): Promise<readonly string[]> {
  const loaded = await loadConfiguration(dir, { authenticators, variables: {} });
  if (!loaded.ok) return loaded.findings.map((finding) => findingText(finding).trimEnd());
  const findings = await analyse(loaded, { authenticators, now: now() });
  return findings.filter(({ severity }) => severity !== 'note').map((finding) => findingsText([finding]).trimEnd());
}

interface Directories {
  readonly dir: string;
  /** The data directory that the commands name. Undefined: the usual one. */
  readonly own: string | undefined;
}

function nextCommands(
  { dir, own }: Directories,
  { admin, mail }: InitAnswers,
  { configDir }: InitContext,
): readonly string[] {
  const at = dir === configDir ? '' : `CONFIG_DIR=${shellWord(dir)} `;
  const to = own === undefined ? '' : `DATA_DIR=${shellWord(own)} `;
  const address = admin.includes('@') ? ` --email ${shellWord(admin)}${mail ? ' --email-verified' : ''}` : '';
  return [
    `${at}stepgate config check`,
    `${at}stepgate config test`,
    `${to}${at}stepgate config apply --init`,
    `${to}stepgate users add ${shellWord(admin)}${address} --group admins --password-generate`,
    `${mail?.user === undefined ? '' : 'SMTP_PASSWORD=... '}${to}${at}stepgate serve`,
  ];
}

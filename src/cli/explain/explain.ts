/** `stepgate explain`: why somebody is asked for what, before it happens. */

import { Command } from 'commander';
import type { Seconds, Subject } from '../../core/model/facts.ts';
import { explain } from '../../flow/explain.ts';
import { loadConfiguration } from '../../policy/load.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import { findingLine } from '../../policy/model/finding.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { openEmbedded } from '../../stores/embedded.ts';
import type { Store } from '../../stores/store.ts';
import { Directory } from '../../users/directory.ts';
import { type Account, toSubject } from '../../users/user.ts';
import type { Paint } from '../shared/paint.ts';
import { refusal } from '../shared/refusal.ts';
import { appNames, type RevisionInUse, revisionInUse } from '../shared/revision-in-use.ts';
import { explanationText } from './explain-text.ts';
import type { FactOptions } from './fact-options.ts';
import { factsFromOptions, platforms, systems } from './facts-from-options.ts';

export interface ExplainContext {
  openStore(): Promise<Store>;
  /** Takes whole lines. */
  stdout(text: string): void;
  readonly paint: Paint;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** Epoch seconds. */
  now(): Seconds;
}

interface ExplainOptions extends FactOptions {
  readonly app: string;
  readonly user?: string;
  readonly config?: string;
  readonly json?: true;
}

/** What cannot be explained (an unknown app, a broken file) is rejected with one sentence. */
export function explainCommand(context: ExplainContext): Command {
  return new Command('explain')
    .description('say what a sign-in would ask for, and which rule of which policy wants it')
    .requiredOption('--app <client id>', 'app that is signed in to')
    .option('--user <identifier>', 'who signs in; nobody: as long as it is not known who it is')
    .option('--groups <names>', 'groups of the person, separated by commas, instead of the real ones', listOf)
    .option('--user-type <name>', 'user type of the user, instead of the real one')
    .option('--attribute <pairs...>', 'attributes of the user instead of the real ones, e.g. level=3', repeated)
    .option('--enrolled <keys>', 'authenticators of the person instead of the real ones, e.g. password,totp', listOf)
    .option('--ip <address>', 'where the request comes from')
    .option('--zone <names>', 'zones that it comes from, besides those of the address', listOf)
    .option('--scope <scopes>', 'scopes of the request (default: openid)')
    .option('--acr-values <values>', 'acr_values of the request, best first')
    .option('--essential-acr', 'one of them must be reached')
    .option('--max-age <seconds>', 'max_age of the request')
    .option('--prompt-login', 'with prompt=login')
    .option('--device <state>', 'known: a browser that the person used before; or new', 'new')
    .option('--platform <platform>', platforms.join(', '), 'desktop')
    .option('--os <system>', systems.join(', '), 'other')
    .option('--last-used <keys>', 'what the user proved last with this browser, e.g. totp', listOf)
    .option('--at <time>', 'at another time, e.g. 2026-11-24T09:00:00Z')
    .option(
      '--evidence <proofs...>',
      'what the session holds, e.g. password@12h,totp (default: a fresh browser)',
      moreOf,
    )
    .option('--remembered <proofs...>', 'what the browser remembers, e.g. totp@3d', moreOf)
    .option('--keep-signed-in', 'in a session that the person asked to keep')
    .option('--config <dir>', 'by these files instead of the revision in use')
    .option('--json', 'as a JSON object')
    .action((options: ExplainOptions) => run(context, options));
}

/** Of options that may be repeated. */
function moreOf(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...listOf(text)];
}

/** As `moreOf`, for values in which a comma may stand. */
function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function listOf(text: string): readonly string[] {
  return text.split(',').flatMap((part) => part.trim() || []);
}

async function run(context: ExplainContext, options: ExplainOptions): Promise<void> {
  const { config, user } = options;
  if (config === undefined) {
    return withStore(context, async (store) => {
      const inUse = await revisionInUse(store, context.authenticators);
      const subject = user === undefined ? undefined : await findSubject(store, user, context.now());
      await print(context, options, inUse, subject);
    });
  }
  const subject =
    user === undefined ? undefined : await withStore(context, (store) => findSubject(store, user, context.now()));
  await withFiles(context, config, (files) => print(context, options, files, subject));
}

async function print(
  { authenticators, now, paint, stdout }: ExplainContext,
  options: ExplainOptions,
  { snapshot, manifest }: RevisionInUse,
  user: Subject | undefined,
): Promise<void> {
  const app = await snapshot.app(options.app);
  if (app === undefined) throw refusal(unknownName('app', options.app, appNames(manifest)));
  const known = { snapshot, app, authenticators, now: now(), ...(user && { user }) };
  const explanation = await explain(snapshot, app, factsFromOptions(options, known));
  const source = options.config === undefined ? `revision ${explanation.revision}` : `the files of ${options.config}`;
  const text = options.json ? JSON.stringify(explanation, null, 2) : explanationText(explanation, source, paint);
  stdout(`${text}\n`);
}

async function findSubject(store: Store, identifier: string, now: Seconds): Promise<Subject> {
  const directory = new Directory(store);
  const account = (await directory.findByIdentifier(identifier)) ?? (await accountById(directory, identifier));
  if (account === undefined) throw refusal(`there is no user ${JSON.stringify(identifier)}`);
  return toSubject(account.user, account.credentials, now);
}

/** Audit lines name people by the id of their account. */
async function accountById(directory: Directory, id: string): Promise<Account | undefined> {
  return /^[\w-]{22}$/.test(id) ? directory.get(id) : undefined;
}

async function withStore<T>(context: ExplainContext, use: (store: Store) => Promise<T>): Promise<T> {
  const store = await context.openStore();
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** The files as if they were applied, in a store that is gone afterwards. */
async function withFiles(
  context: ExplainContext,
  dir: string,
  use: (files: RevisionInUse) => Promise<void>,
): Promise<void> {
  const loaded = await loadConfiguration(dir, context);
  if (!loaded.ok) {
    const lines = loaded.findings.map((problem) => `${dir}/${findingLine(problem)}`);
    throw refusal(`${dir} is not a good configuration:\n${lines.join('\n')}`);
  }
  const store = openEmbedded({ file: ':memory:' });
  try {
    await new Revisions(store, context).apply(loaded.documents, { by: 'explain' });
    await use(await revisionInUse(store, context.authenticators));
  } finally {
    await store.close();
  }
}

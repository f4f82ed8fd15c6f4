/** `stepgate config check|apply|history|schema`. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { loadConfiguration } from '../../policy/load.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Documents } from '../../policy/model/documents.ts';
import { findingLine, warningLine } from '../../policy/model/finding.ts';
import { Revisions } from '../../policy/revision/revisions.ts';
import { jsonSchemas } from '../../policy/schema/json-schemas.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import type { Store } from '../../stores/store.ts';
import { operatorName } from '../shared/operator.ts';

export interface ConfigContext {
  openStore(): Promise<Store>;
  /** Directory of the configuration, when the command names none. */
  readonly configDir: string;
  /** Each takes whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** 0: all well. 1: the configuration has problems. */
  setExitCode(code: 0 | 1): void;
}

interface ApplyOptions {
  readonly message?: string;
  readonly by?: string;
}

/** The command with its sub-commands. What they reject with (a store that does not answer) goes to the caller. */
export function configCommand(context: ConfigContext): Command {
  const command = new Command('config').description('Check the configuration, and make it the one in use');
  command
    .command('check')
    .description('check all files, and report all problems and warnings')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .action(async (dir: string) => {
      const documents = await checked(context, dir);
      if (documents) context.stdout(`${dir} is a good configuration: ${documentCount(documents)}\n`);
    });
  command
    .command('apply')
    .description('check all files, and make them the newest revision')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('-m, --message <text>', 'why')
    .option('--by <name>', 'who (default: the user of this process)')
    .action(async (dir: string, options: ApplyOptions) => {
      const documents = await checked(context, dir);
      if (documents) await withRevisions(context, (revisions) => apply(context, revisions, documents, options));
    });
  command
    .command('history')
    .description('list the newest revisions')
    .option('-n, --limit <number>', 'how many', '20')
    .action(async ({ limit }: { limit: string }) =>
      withRevisions(context, (revisions) => history(context, revisions, limit)),
    );
  command
    .command('schema')
    .description('write the JSON Schemas of the files, for editors')
    .option('--out <dir>', 'where to', join(context.configDir, 'schema'))
    .action(async ({ out }: { out: string }) => {
      await mkdir(out, { recursive: true });
      for (const [file, text] of jsonSchemas(context.authenticators)) await writeFile(join(out, file), text);
      context.stdout(`wrote ${[...jsonSchemas(context.authenticators).keys()].join(', ')} to ${out}\n`);
    });
  return command;
}

async function checked(context: ConfigContext, dir: string): Promise<Documents | undefined> {
  const loaded = await loadConfiguration(dir, context);
  if (loaded.ok) {
    for (const warning of loaded.warnings) context.stderr(`${warningLine(warning)}\n`);
    return loaded.documents;
  }
  for (const problem of loaded.findings) context.stderr(`${findingLine(problem)}\n`);
  const files = new Set(loaded.findings.map(({ file }) => file)).size;
  context.stderr(`${counted(loaded.findings.length, 'problem')} in ${counted(files, 'file')}; nothing was changed\n`);
  context.setExitCode(1);
  return undefined;
}

async function apply(context: ConfigContext, revisions: Revisions, documents: Documents, options: ApplyOptions) {
  const { revision, changed } = await revisions.apply(documents, { ...options, by: options.by ?? operatorName() });
  if (changed.length === 0) context.stdout(`no change: revision ${revision} is in use\n`);
  else context.stdout(`revision ${revision} is in use: ${counted(changed.length, 'change')}: ${shortened(changed)}\n`);
}

async function history(context: ConfigContext, revisions: Revisions, limit: string) {
  const count = /^[1-9]\d{0,3}$/.test(limit) ? Number(limit) : 20;
  for (const { revision, at, by, message, changed } of await revisions.history(count)) {
    const when = new Date(at * 1000).toISOString();
    context.stdout(`${revision}  ${when}  ${by}  ${message ?? '-'}  ${shortened(changed)}\n`);
  }
}

async function withRevisions(context: ConfigContext, use: (revisions: Revisions) => Promise<void>): Promise<void> {
  const store = await context.openStore();
  try {
    await use(new Revisions(store, { authenticators: context.authenticators }));
  } finally {
    await store.close();
  }
}

function documentCount(documents: Documents): string {
  const of = (requestedEnrollment: string) =>
    [...documents.values()].filter(({ kind }) => kind === requestedEnrollment).length;
  return `${counted(of('app'), 'app')}, ${counted(of('sign-on'), 'sign-on policy', 'sign-on policies')}`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function shortened(keys: readonly string[]): string {
  return keys.length <= 10 ? keys.join(', ') : `${keys.slice(0, 10).join(', ')} and ${keys.length - 10} more`;
}

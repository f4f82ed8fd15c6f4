/** `stepgate config check|apply|history|schema`. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { StepgateError } from '../../errors.ts';
import { createKeyring } from '../../oidc/keys/keyring.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../policy/load.ts';
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Documents } from '../../policy/model/documents.ts';
import { type Finding, findingLine, warningLine } from '../../policy/model/finding.ts';
import { type Applied, Revisions } from '../../policy/revision/revisions.ts';
import { jsonSchemas } from '../../policy/schema/json-schemas.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import type { Store } from '../../stores/store.ts';
import { groupNames } from '../../users/group-names.ts';
import { newCommand, newCommandGroup } from '../commands.ts';
import { operatorName } from '../shared/operator.ts';
import { type Orphaned, orphanedBy, orphanedText } from '../shared/orphaned-credentials.ts';
import { printResult, type ResultOptions } from '../shared/print-result.ts';
import { withStore } from '../shared/with-store.ts';

export interface ConfigContext {
  openStore(): Promise<Store>;
  /** `init`: an empty Redis, too, is a new store, which `initialise` fills. Rejects with what it rejects with. */
  openNewStore(init: boolean, initialise: (store: Store) => Promise<void>): Promise<Store>;
  /** Directory of the configuration, when the command names none. */
  readonly configDir: string;
  /** What is wrong with the operator's own directory of views, if there is one. */
  checkViews(): Promise<readonly Finding[]>;
  /** Each takes whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  /** Values for `${NAME}` in the files. */
  readonly variables: Variables;
  /** 0: done. 1: the configuration has problems. */
  setExitCode(code: 0 | 1): void;
}

interface ApplyOptions extends ResultOptions {
  readonly message?: string;
  readonly by?: string;
  readonly init: boolean;
  readonly orphanPasskeys: boolean;
}

/** `applied` is absent where the configuration would orphan passkeys. */
interface Outcome {
  readonly orphaned: readonly Orphaned[];
  readonly applied?: Applied;
}

/** The command with its subcommands. They reject with what the store rejects with. */
export function configCommand(context: ConfigContext): Command {
  return newCommandGroup('config', [
    checkCommand(context),
    applyCommand(context),
    historyCommand(context),
    schemaCommand(context),
  ]);
}

function checkCommand(context: ConfigContext): Command {
  return newCommand('config check')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .action(async (dir: string, options: ResultOptions) => {
      const checked = await check(context, dir, options);
      if (checked === undefined) return;
      const { documents, warnings } = checked;
      const orphaned = await orphanedInStore(context, documents);
      if (orphaned.length > 0) return refuse(context, orphaned, options);
      const counts = documentCounts(documents);
      printResult(context, options, {
        text: `${dir} is a good configuration: ${countsText(counts)}\n`,
        data: { ok: true, ...counts, warnings },
      });
    });
}

function applyCommand(context: ConfigContext): Command {
  return newCommand('config apply')
    .argument('[dir]', 'directory of the configuration', context.configDir)
    .option('-m, --message <text>', 'why')
    .option('--by <name>', 'who (default: the user of this process)')
    .option('--init', 'an empty Redis is a new store: make its keys', false)
    .option('--orphan-passkeys', 'change the relying party although passkeys stop working', false)
    .action(async (dir: string, options: ApplyOptions) => {
      const checked = await check(context, dir, options);
      if (checked === undefined) return;
      const { documents, warnings } = checked;
      const outcome = await applied(context, documents, options);
      if (outcome.applied === undefined) return refuse(context, outcome.orphaned, options);
      const { revision, changed } = outcome.applied;
      const changes = `${quantity(changed.length, 'change')}: ${shortened(changed)}`;
      const inUse = `revision ${revision} is in use`;
      printResult(context, options, {
        text: changed.length === 0 ? `no change: ${inUse}\n` : `${inUse}: ${changes}\n`,
        data: { ok: true, revision, changed, warnings },
      });
    });
}

function refuse(context: ConfigContext, orphaned: readonly Orphaned[], { json }: ResultOptions): void {
  context.setExitCode(1);
  const lines = orphaned.map((one) => `${orphanedText(one)}\n`).join('');
  const advice = 'nothing was changed: keep the relying party, or say `config apply --orphan-passkeys`\n';
  if (json) context.stdout(`${JSON.stringify({ ok: false, orphaned })}\n`);
  else context.stderr(`${lines}${advice}`);
}

/** Where there is a store: a check of files alone needs none. */
async function orphanedInStore(context: ConfigContext, documents: Documents): Promise<readonly Orphaned[]> {
  try {
    return await withStore(context, (store) => orphanedBy(store, documents, context));
  } catch (error) {
    if (!(error instanceof StepgateError)) throw error;
    if (error.code !== 'not_configured') context.stderr(`passkeys were not looked at: ${error.message}\n`);
    return [];
  }
}

/** A new store gets its keys first, and the pointer to the configuration last: with it, the store is whole. */
async function applied(
  context: ConfigContext,
  documents: Documents,
  { message, by = operatorName(), init, orphanPasskeys }: ApplyOptions,
): Promise<Outcome> {
  const apply = (store: Store): Promise<Applied> =>
    new Revisions(store, { authenticators: context.authenticators }).apply(documents, {
      by,
      ...omitUndefined({ message }),
    });
  let first: Applied | undefined;
  const openStore = (): Promise<Store> =>
    context.openNewStore(init, async (store) => {
      await createKeyring(store, Math.floor(Date.now() / 1000));
      first = await apply(store);
    });
  return withStore({ openStore }, async (store): Promise<Outcome> => {
    if (first !== undefined) return { orphaned: [], applied: first };
    const orphaned = orphanPasskeys ? [] : await orphanedBy(store, documents, context);
    return orphaned.length > 0 ? { orphaned } : { orphaned, applied: await apply(store) };
  });
}

function historyCommand(context: ConfigContext): Command {
  return newCommand('config history')
    .option('-n, --limit <number>', 'how many', '20')
    .action(({ limit, ...options }: ResultOptions & { readonly limit: string }) =>
      withRevisions(context, async (revisions) => {
        const count = /^[1-9]\d{0,3}$/.test(limit) ? Number(limit) : 20;
        for (const entry of await revisions.history(count)) {
          const { revision, at, by, message, changed } = entry;
          const when = new Date(at * 1000).toISOString();
          printResult(context, options, {
            text: `${revision}  ${when}  ${by}  ${message ?? '-'}  ${shortened(changed)}\n`,
            data: { revision, at, by, ...omitUndefined({ message }), changed },
          });
        }
      }),
    );
}

function schemaCommand(context: ConfigContext): Command {
  return newCommand('config schema')
    .option('--out <dir>', 'where to', join(context.configDir, 'schema'))
    .action(async ({ out, ...options }: ResultOptions & { readonly out: string }) => {
      await mkdir(out, { recursive: true });
      const schemas = jsonSchemas(context.authenticators);
      for (const [file, text] of schemas) await writeFile(join(out, file), text);
      const files = [...schemas.keys()];
      printResult(context, options, { text: `wrote ${files.join(', ')} to ${out}\n`, data: { directory: out, files } });
    });
}

interface Checked {
  readonly documents: Documents;
  readonly warnings: readonly Finding[];
}

/** Prints what it finds. `undefined`: the configuration has problems, and the command is over. */
async function check(context: ConfigContext, dir: string, { json }: ResultOptions): Promise<Checked | undefined> {
  const configuration = await loadConfiguration(dir, {
    ...context,
    ...omitUndefined({ groups: await memberGroups(context) }),
  });
  const loaded = withViews(configuration, await context.checkViews());
  if (loaded.ok) {
    if (!json) for (const warning of loaded.warnings) context.stderr(`${warningLine(warning)}\n`);
    return loaded;
  }
  context.setExitCode(1);
  if (json) {
    context.stdout(`${JSON.stringify({ ok: false, problems: loaded.findings })}\n`);
    return undefined;
  }
  for (const problem of loaded.findings) context.stderr(`${findingLine(problem)}\n`);
  const files = new Set(loaded.findings.map(({ file }) => file)).size;
  context.stderr(`${quantity(loaded.findings.length, 'problem')} in ${quantity(files, 'file')}; nothing was changed\n`);
  return undefined;
}

/** A node starts with both, or not at all. */
function withViews(loaded: LoadedConfiguration, views: readonly Finding[]): LoadedConfiguration {
  if (views.length === 0) return loaded;
  return { ok: false, findings: [...(loaded.ok ? [] : loaded.findings), ...views] };
}

/**
 * The groups that users are in. `undefined`: there is no store, or it does not answer. Files can be checked without
 * one, as on a build server.
 */
async function memberGroups(context: ConfigContext): Promise<readonly string[] | undefined> {
  try {
    return await withStore(context, groupNames);
  } catch (error) {
    if (error instanceof StepgateError) return undefined;
    throw error;
  }
}

async function withRevisions(context: ConfigContext, use: (revisions: Revisions) => Promise<void>): Promise<void> {
  await withStore(context, (store) => use(new Revisions(store, { authenticators: context.authenticators })));
}

interface DocumentCounts {
  readonly apps: number;
  readonly signOnPolicies: number;
}

function documentCounts(documents: Documents): DocumentCounts {
  const of = (kind: string) => [...documents.values()].filter((document) => document.kind === kind).length;
  return { apps: of('app'), signOnPolicies: of('sign-on') };
}

function countsText({ apps, signOnPolicies }: DocumentCounts): string {
  return `${quantity(apps, 'app')}, ${quantity(signOnPolicies, 'sign-on policy', 'sign-on policies')}`;
}

function quantity(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function shortened(keys: readonly string[]): string {
  return keys.length <= 10 ? keys.join(', ') : `${keys.slice(0, 10).join(', ')} and ${keys.length - 10} more`;
}

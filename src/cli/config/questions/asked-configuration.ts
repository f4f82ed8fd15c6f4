/** The configuration that a question is about: the active revision, or files that are not applied yet. */
import { StepgateError } from '../../../errors.ts';
import { loadConfiguration } from '../../../policy/load.ts';
import type { App } from '../../../policy/model/app.ts';
import { ConfigurationRefused } from '../../../policy/model/configuration-refused.ts';
import type { Documents } from '../../../policy/model/documents.ts';
import { type Snapshot, snapshotOfDocuments } from '../../../policy/revision/snapshot.ts';
import { unknownName } from '../../../policy/source/nearest-name.ts';
import type { Store } from '../../../stores/store.ts';
import { appNames, readActiveRevision } from '../../shared/configuration/read-active-revision.ts';
import { refusal } from '../../shared/options/refusal.ts';
import type { ConfigContext } from '../shared/config-context.ts';

export type AskContext = Pick<
  ConfigContext,
  'openStore' | 'configDir' | 'stdout' | 'stdoutTaken' | 'setExitCode' | 'authenticators' | 'variables' | 'now'
>;

export interface AskedConfiguration {
  readonly snapshot: Snapshot;
  /** Client ids of all apps. */
  readonly clientIds: readonly string[];
  /** Describes the configuration for the reader. */
  readonly source: string;
  /** Absent if there is none, or if it does not answer and the question is about files. */
  readonly store?: Store;
}

/** Files that were already read. */
export interface ReadFiles {
  readonly dir: string;
  readonly documents: Documents;
}

/**
 * Uses the files of `dir`, if given. Otherwise the active revision or, without a store, the files of the default
 * directory. Rejects with `ConfigurationRefused` if the files are not a valid configuration, and with errors of the
 * store.
 */
export async function withAskedConfiguration<T>(
  context: AskContext,
  dir: string | ReadFiles | undefined,
  use: (configured: AskedConfiguration) => Promise<T>,
): Promise<T> {
  const store = await storeIfAny(context, dir !== undefined);
  try {
    if (store !== undefined && dir === undefined) {
      const { snapshot, manifest } = await readActiveRevision(store, context.authenticators);
      return await use({ snapshot, clientIds: appNames(manifest), source: `revision ${snapshot.revision}`, store });
    }
    return await use({ ...(await filesOf(context, dir ?? context.configDir)), ...(store && { store }) });
  } finally {
    await store?.close();
  }
}

/** `optional`: a store that does not answer counts as no store. */
async function storeIfAny(context: AskContext, optional: boolean): Promise<Store | undefined> {
  try {
    return await context.openStore();
  } catch (error) {
    if (error instanceof StepgateError && (optional || error.code === 'not_configured')) return undefined;
    throw error;
  }
}

async function filesOf(context: AskContext, files: string | ReadFiles): Promise<AskedConfiguration> {
  const { dir, documents } = typeof files === 'string' ? { dir: files, documents: await read(context, files) } : files;
  const apps = [...documents.values()].filter(({ kind }) => kind === 'app');
  return {
    snapshot: await snapshotOfDocuments(documents, context.authenticators),
    clientIds: apps.map(({ name }) => name),
    source: `the files of ${dir}`,
  };
}

async function read(context: AskContext, dir: string): Promise<Documents> {
  const loaded = await loadConfiguration(dir, context);
  if (!loaded.ok) throw new ConfigurationRefused('bad_request', dir, loaded.findings);
  return loaded.documents;
}

/** The apps with these client ids, or all that users sign in to, sorted by client id. An unknown id is refused. */
export async function appsToShow(
  { snapshot, clientIds }: AskedConfiguration,
  named: readonly string[] = [],
): Promise<readonly App[]> {
  const unknown = named.find((clientId) => !clientIds.includes(clientId));
  if (unknown !== undefined) throw refusal(unknownName('app', unknown, clientIds));
  const apps: App[] = [];
  for (const clientId of [...new Set(named.length === 0 ? clientIds : named)].sort()) {
    const app = await snapshot.app(clientId);
    if (app?.signOnPolicies !== undefined) apps.push(app);
    else if (named.length > 0) throw refusal(`${clientId} is a service: no user signs in to it`);
  }
  return apps;
}

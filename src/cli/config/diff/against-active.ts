/** The diff of documents against the active revision. */
import type { Documents } from '../../../policy/model/documents.ts';
import type { DocumentSource } from '../../../policy/source/yaml-source.ts';
import type { Store } from '../../../stores/store.ts';
import { readActiveRevision } from '../../shared/configuration/read-active-revision.ts';
import type { ConfigContext } from '../shared/config-context.ts';
import type { LocationOf } from './compared/changed-files.ts';
import { activeConfiguration, nextConfiguration } from './compared/compared-configuration.ts';
import type { ConfigDiff } from './compared/configuration-changes.ts';
import { configDiff } from './config-diff.ts';

/** Documents that would be active. `sources`: the files that they were read from, to locate keys. */
export interface Draft {
  readonly documents: Documents;
  readonly sources?: readonly DocumentSource[];
}

/** Rejects with `not_configured` if nothing is active or it cannot be read, and with errors of the store. */
export async function diffAgainstActive(
  store: Store,
  { documents, sources = [] }: Draft,
  { authenticators, now }: Pick<ConfigContext, 'authenticators' | 'now'>,
): Promise<ConfigDiff> {
  const active = await readActiveRevision(store, authenticators);
  return configDiff({
    active: activeConfiguration(store, active),
    next: await nextConfiguration(documents, authenticators),
    against: `revision ${active.snapshot.revision}, which is active`,
    locationOf: locationsOfKeys(sources),
    authenticators,
    store,
    now: now(),
  });
}

export function locationsOfKeys(sources: readonly DocumentSource[]): LocationOf {
  const byFile = new Map(sources.map(({ source }) => [source.file, source] as const));
  return (file, path) => {
    const location = byFile.get(file)?.locationOf(path);
    return location && { line: location.line, column: location.column };
  };
}

/**
 * Identifiers with which users can newly sign in under a configuration. For existing users, a command must add them.
 */
import type { Documents } from '../../../policy/model/documents.ts';
import { documentKey } from '../../../policy/model/documents.ts';
import { readSettings } from '../../../policy/revision/read-document.ts';
import type { Store } from '../../../stores/store.ts';
import { activeSettings } from '../../shared/configuration/active-settings.ts';
import type { ConfigContext } from '../shared/config-context.ts';

/** Names of attributes. Empty if nothing is active yet. Rejects with `StoreUnavailable`. */
export async function newIdentifiers(
  store: Store,
  documents: Documents,
  { authenticators }: ConfigContext,
): Promise<readonly string[]> {
  const before = await activeSettings(store, authenticators);
  const document = documents.get(documentKey('settings', 'settings'));
  if (before === undefined || document === undefined) return [];
  const after = Object.entries(readSettings(document, authenticators).attributes.attributes);
  return after.flatMap(([name, { identifies }]) =>
    identifies && !before.attributes.attributes[name]?.identifies ? [name] : [],
  );
}

/** One line for each name. */
export function newIdentifiersText(names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `note: ${name} identifies users now; \`users reindex\` lets those sign in with it who have one already\n`,
    )
    .join('');
}

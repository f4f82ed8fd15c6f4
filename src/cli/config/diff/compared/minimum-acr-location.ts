/** Where the `minimumAcr` of an app is written, for changes that no rule makes. */
import { type Document, documentKey } from '../../../../policy/model/documents.ts';
import type { AppPair } from './app-pairs.ts';
import { beginning, type LocationOf } from './changed-files.ts';
import type { AccessChange, NamedLocation } from './configuration-changes.ts';

const name = 'minimumAcr';

/** A remembered second factor does not count beside some values. */
const byMinimum: readonly AccessChange['kind'][] = ['requirement', 'session'];

/**
 * Returns a function that adds the location to changes of what is asked for of which no rule differs. Of several apps,
 * it is that of the first. Rejects like `ComparedConfiguration.document`.
 */
export async function minimumAcrAdded(
  { active, next, clientIds }: AppPair,
  locationOf: LocationOf,
): Promise<(change: AccessChange) => AccessChange> {
  const [before, after] = [active.policies.minimumAcr, next.policies.minimumAcr];
  const [first] = clientIds;
  if (before === after || first === undefined) return (change) => change;
  const key = documentKey('app', first);
  const [from, to] = await Promise.all([active, next].map(({ side }) => side.document(key)));
  const at = (document: Document | undefined, value: string | undefined): readonly NamedLocation[] => {
    if (document === undefined || value === undefined) return [];
    const { file } = document;
    return [{ name, file, ...((document === to && locationOf(file, [name])) || beginning) }];
  };
  const said = { before: at(from, before), after: at(to, after) };
  return (change) =>
    byMinimum.includes(change.kind) && change.before.rules.length + change.after.rules.length === 0
      ? {
          ...change,
          before: { ...change.before, rules: said.before },
          after: { ...change.after, rules: said.after },
        }
      : change;
}

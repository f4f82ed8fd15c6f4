/** Apps as a page lists them: the first few names, and the number of others. */
import type { EquivalentApps } from '../../policy/revision/equivalent-apps.ts';

export interface NamedApps {
  /** The first of their names, sorted. */
  readonly names: readonly string[];
  /** The number of apps that are not named. */
  readonly more: number;
}

/** Names per page. */
const shown = 10;

export function namedApps(groups: readonly Pick<EquivalentApps, 'names' | 'count'>[]): NamedApps {
  const names = groups.flatMap((group) => group.names).toSorted((one, other) => one.localeCompare(other));
  const count = groups.reduce((sum, group) => sum + group.count, 0);
  const first = names.slice(0, shown);
  return { names: first, more: count - first.length };
}

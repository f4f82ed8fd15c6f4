/** Warns about group names that are most likely misspelled. */
import { nearestName } from '../../../policy/source/nearest-name.ts';

/** A line for each unknown group whose name is nearly that of a known one. A new group may have any other name. */
export function misspelledGroups(groups: readonly string[], known: readonly string[]): string {
  return groups
    .filter((group) => !known.includes(group))
    .flatMap((group) => {
      const near = nearestName(group, known);
      return near === undefined ? [] : [`warning: no user was in \`${group}\` before; did you mean \`${near}\`?\n`];
    })
    .join('');
}

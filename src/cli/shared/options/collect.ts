/** What repeatable options collect. */

import { composedName } from '../../../core/model/composed-name.ts';

/** For repeatable options: each value adds one member. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The same for groups, in the form that users have. */
export function collectGroups(value: string, before: readonly string[] = []): readonly string[] {
  return collect(composedName(value), before);
}

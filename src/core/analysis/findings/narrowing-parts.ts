/** Which parts of a rule name users, and which narrow it to some of their sign-ins. */
import type { ConditionAbout } from '../../policy/condition-descriptor.ts';
import { conditionDescriptors } from '../../policy/rules/condition-table.ts';
import type { RulePart } from '../space/rule-space.ts';

/** `none` names no users. */
export function namesUsers({ condition, path, alternatives }: RulePart): boolean {
  if (alternatives) return alternatives.length > 0 && alternatives.every((alternative) => alternative.some(namesUsers));
  return aboutOf(condition) === 'user' && path[0] !== 'none';
}

/**
 * Whether the part differs from one sign-in of a user to the next. `none` and a new device are intended, and not
 * reported.
 */
export function narrows({ condition, path, isNegative, alternatives }: RulePart): boolean {
  if (alternatives) return alternatives.some((alternative) => alternative.some(narrows)) && !alternatives.some(isMeant);
  if (isNegative) return false;
  if (condition === 'device') return isSaidOfDevice(path);
  const about = aboutOf(condition);
  return (about === 'circumstance' || about === 'scope') && path[0] !== 'none';
}

/** An alternative about something else than the user is intended, and so are the other alternatives. */
function isMeant(alternative: readonly RulePart[]): boolean {
  return !alternative.some(narrows) && !alternative.every(isAboutUser);
}

function isAboutUser({ condition, alternatives }: RulePart): boolean {
  return alternatives ? alternatives.flat().every(isAboutUser) : aboutOf(condition) === 'user';
}

/** It names users, or nothing is known of it and it reads who they are. */
export function mayName(part: RulePart): boolean {
  const { alternatives, reads = [] } = part;
  if (alternatives) return alternatives.length > 0 && alternatives.every((alternative) => alternative.some(mayName));
  return namesUsers(part) || reads.some((fact) => fact.startsWith('user.') && fact !== 'user.createdAt');
}

/** It narrows, or nothing is known of it and it reads something else than the user. */
export function mayNarrow(part: RulePart): boolean {
  const { alternatives, isNegative, reads = [] } = part;
  if (alternatives) return alternatives.flat().some(mayNarrow);
  return narrows(part) || (!isNegative && reads.length > 0 && !reads.some((fact) => fact.startsWith('user')));
}

function aboutOf(condition: RulePart['condition']): ConditionAbout | undefined {
  return condition === 'any' ? undefined : conditionDescriptors[condition].about;
}

/** Another finding covers what a browser says about itself. */
function isSaidOfDevice([name, list]: readonly string[]): boolean {
  return name === 'known' || name === 'registered' || name === 'managed' || (name === 'assurance' && list !== 'none');
}

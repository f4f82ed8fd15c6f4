/** Facts at two apps from which the same rules make the same. */
import type { UserFacts } from '../../policy/theories/theory.ts';
import type { RuleSpace } from './rule-space.ts';

/**
 * Whether all conditions have the same results in both: the facts differ in the app alone, and the opaque parts of
 * expressions, which alone may tell the two apps apart, have the same results.
 */
export function haveSameResults(one: UserFacts, other: UserFacts, space: Pick<RuleSpace, 'opaquePartsIn'>): boolean {
  if (!isSameBesideApp(one, other)) return false;
  const results = space.opaquePartsIn(one);
  return [...space.opaquePartsIn(other)].every(([variable, position]) => results.get(variable) === position);
}

function isSameBesideApp(one: UserFacts, other: UserFacts): boolean {
  const { subject, network, device, now } = one;
  const isIdentical =
    subject === other.subject && network === other.network && device === other.device && now === other.now;
  return (
    isIdentical ||
    JSON.stringify([subject, network, device, now]) ===
      JSON.stringify([other.subject, other.network, other.device, other.now])
  );
}

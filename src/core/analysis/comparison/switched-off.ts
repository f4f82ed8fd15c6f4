/**
 * Finds what an authenticator that is switched off lets users enroll after proving less. Its enrollments no longer
 * belong to the strongest level of the account, which must be proved first (Law 7). The evaluator confirms it under
 * both configurations.
 */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { requestsOf, stepAfter } from '../simulation/step-after.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type Deciders, decidingTogether, factsFor, factsOn, type PolicySides } from './deciding-together.ts';

/**
 * An authenticator that is switched off no longer protects enrollments: with `proved` alone the user sets up one of
 * `enrolls`. Before, `off` had to be proved, too.
 */
export interface FreedEnrollment {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly facts: UserFacts;
  /** Keys of authenticators. */
  readonly off: string;
  readonly proved: string;
  readonly enrolls: readonly string[];
}

/** One example for each authenticator that is switched off, if one is known. */
export function freedEnrollments(sides: PolicySides, space: RuleSpace): readonly FreedEnrollment[] {
  const off = switchedOff(sides);
  if (off.length === 0) return [];
  const found = new Map<string, FreedEnrollment>();
  for (const { before, now, formulas } of decidingTogether(sides, space)) {
    const open = off.filter(({ key }) => !found.has(key));
    const facts = open.length > 0 && factsFor({ before, now, formulas }, { ...sides, space });
    if (typeof facts !== 'object') continue;
    for (const descriptor of open) {
      const freed = freedBy(descriptor, facts, sides);
      if (freed) found.set(descriptor.key, { before, now, ...freed });
    }
  }
  return [...found.values()];
}

/** Auxiliary ones never belonged to that level. */
export function switchedOff({ active, next }: PolicySides): readonly AuthenticatorDescriptor[] {
  const isOn = new Set(next.authenticators.map(({ key }) => key));
  return active.authenticators.filter(({ key, auxiliary }) => !auxiliary && !isOn.has(key));
}

function freedBy(
  off: AuthenticatorDescriptor,
  facts: UserFacts,
  sides: PolicySides,
): Pick<FreedEnrollment, 'facts' | 'off' | 'proved' | 'enrolls'> | undefined {
  const kept = sides.next.authenticators.filter(({ key }) =>
    sides.active.authenticators.some((descriptor) => descriptor.key === key),
  );
  for (const asked of requestsOf(facts, sides.next))
    for (const proof of kept) {
      const now = stepAfter({ proved: [proof] }, factsOn('next', asked, sides), sides.next);
      const then = stepAfter({ proved: [proof], besides: [off] }, factsOn('active', asked, sides), sides.active);
      if (now.kind === 'enroll' && then.kind === 'refused')
        return { facts: asked, off: off.key, proved: proof.key, enrolls: now.choices };
    }
  return undefined;
}

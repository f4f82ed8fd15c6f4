/**
 * Finds what an enrollment rule lets users do after proving less: set up what they could not, or go on without setting
 * up what they had to. Two-sided: the evaluator shows a finding under both configurations, and terms that are as
 * strict are recognised by their form. Everything else is reported as undecided.
 */
import type { EnrollmentRule } from '../../model/enrollment-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type Deciders, decidingTogether, factsFor, type PolicySides } from './deciding-together.ts';
import { enrollmentChanges } from './enrollment-changes.ts';
import { type LaxerExample, laxerFor } from './laxer-example.ts';

/** An example, with the enrollment rules that decide after the sign-in, if those ask for less. */
export interface LaxerEnrollment extends LaxerExample {
  readonly before: Deciders;
  readonly now: Deciders;
}

export interface LaxerEnrollments {
  readonly found: readonly LaxerEnrollment[];
  readonly undecided: readonly UndecidedEnrollment[];
}

interface UndecidedEnrollment {
  readonly before: Deciders;
  readonly now: Deciders;
  /** Rules name too many proofs to look at each set of them. */
  readonly areProofsTooMany?: true;
}

/** One example for each pair of enrollment rules that decide about the same users. */
export function laxerEnrollments(sides: PolicySides, space: RuleSpace): LaxerEnrollments {
  const found = new Map<string, LaxerEnrollment>();
  const open = new Map<string, UndecidedEnrollment>();
  if (isSame(sides)) return { found: [], undecided: [] };
  const changesOf = enrollmentChanges({ ...sides, space });
  for (const pair of decidingTogether(sides, space))
    for (const change of changesOf(pair)) {
      const key = JSON.stringify([change.before, change.now]);
      if (found.has(key)) continue;
      const facts = factsFor({ ...pair, formulas: change.formulas }, { ...sides, space });
      if (facts === 'impossible') continue;
      const rules = { before: withRule(pair.before, change.before), now: withRule(pair.now, change.now) };
      const shown = facts === 'undecided' ? undefined : laxerFor(facts, sides, change);
      if (shown) found.set(key, { ...rules, ...shown });
      else open.set(key, { ...rules, ...(change.signedInWith === 'unknown' && { areProofsTooMany: true }) });
    }
  return {
    found: [...found.values()],
    undecided: [...open].filter(([key]) => !found.has(key)).map(([, pair]) => pair),
  };
}

/** The enrollment policies say the same, of the same authenticators and requests. */
function isSame({ active, next, refused }: PolicySides): boolean {
  if (refused !== undefined) return false;
  const written = ({ enrollment, authenticators }: PolicySet) =>
    JSON.stringify([enrollment?.rules.map(({ rule }) => rule), authenticators]);
  return written(active) === written(next);
}

function withRule({ enrollment: _, ...deciders }: Deciders, enrollment: EnrollmentRule | undefined): Deciders {
  return { ...deciders, ...(enrollment && { enrollment }) };
}

/**
 * Confirms examples of what a change lets users do: sign-ins that the evaluator takes to their end under the policies
 * before and after, with all that the user of the example has enrolled.
 */
import { evaluate } from '../decision/evaluate.ts';
import type { PolicySet } from '../policy/compile.ts';
import type { UserFacts } from '../policy/theory.ts';
import { enrolledCandidates, isAdmitted, spelledOut } from './admitted-with.ts';
import { factsOn, type Sides } from './deciding-together.ts';
import { type AdmittedWith, factsWith } from './facts-with.ts';
import { simulate } from './simulate.ts';
import type { EvidenceSet } from './strictness.ts';

/** With one of these sets of proofs the user is let in now, and was not. Undefined: none is known. */
export function newlyAdmittedWith(
  sets: readonly EvidenceSet[],
  facts: UserFacts,
  sides: Sides,
): AdmittedWith | undefined {
  const { live, next } = sides;
  const [then, now] = [factsOn('live', facts, sides), factsOn('next', facts, sides)];
  for (const set of sets.slice(0, mostTried))
    for (const proofs of spelledOut(set, next))
      if (isLetIn(next, proofs, now) && !isLetIn(live, proofs, then) && isCompleted(next, proofs, now)) return proofs;
  return undefined;
}

/** More sets of proofs are not tried. */
const mostTried = 10;

/** What a user has whose sign-in is completed now, and ended so before. Undefined: none is known. */
export function newlyEndingWith(
  before: 'complete' | 'denied',
  facts: UserFacts,
  sides: Sides,
): readonly string[] | undefined {
  const endOf = (side: 'live' | 'next', enrolled: readonly string[]) =>
    endIn(sides[side], { evidence: [], remembered: [], enrolled }, factsOn(side, facts, sides));
  const isNewlySo = (keys: readonly string[]) => endOf('next', keys) === 'complete' && endOf('live', keys) === before;
  return enrolledCandidates(sides.next).find(isNewlySo);
}

function isLetIn(policies: PolicySet, proofs: AdmittedWith, facts: UserFacts): boolean {
  return isAdmitted(evaluate(policies, factsWith(proofs, facts, policies.authenticators)));
}

/** What has to be proved in this very sign-in, a session does not hold. */
function isCompleted(policies: PolicySet, { evidence, ...more }: AdmittedWith, facts: UserFacts): boolean {
  const inSession = evidence.filter(({ age }) => age !== 'now');
  return endIn(policies, { evidence: inSession, ...more }, facts) === 'complete';
}

/** How the sign-in of a user ends who proved this before, and proves and enrolls all that is asked for. */
function endIn(policies: PolicySet, proofs: AdmittedWith, facts: UserFacts): string | undefined {
  return simulate(policies, factsWith(proofs, facts, policies.authenticators)).at(-1)?.kind;
}

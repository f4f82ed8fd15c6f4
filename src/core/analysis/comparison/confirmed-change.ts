/**
 * Confirms examples of what a change lets users do: sign-ins that the evaluator takes to their end under the policies
 * before and after, with all that the user of the example has enrolled.
 */
import { evaluate } from '../../decision/evaluate.ts';
import { authenticatorIn, namesOf } from '../../model/authenticator-name.ts';
import type { Seconds } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { enrolledCandidates, isAdmitted, spelledOut } from '../proofs/admitted-with.ts';
import { isRememberable } from '../proofs/asked-proofs.ts';
import type { EvidenceSet } from '../proofs/evidence-set.ts';
import { type AdmittedWith, factsWith } from '../proofs/proving-user.ts';
import { atStrongest } from '../proofs/strongest-example.ts';
import { askedInAll } from '../simulation/asked-in-all.ts';
import { simulate } from '../simulation/simulate.ts';
import { factsOn, type PolicySides } from './deciding-together.ts';

/** Sets of proofs. */
export interface EvidenceSets extends Pick<AdmittedWith, 'unkept'> {
  readonly sets: readonly EvidenceSet[];
}

/** A set of proofs with which the user is let in now and was not before. Undefined: none is known. */
export function newlyAdmittedWith(
  { sets, ...session }: EvidenceSets,
  facts: UserFacts,
  sides: PolicySides,
): AdmittedWith | undefined {
  const { next } = sides;
  const isNew = isNewlyLetIn(facts, sides);
  for (const set of sets.slice(0, mostTried))
    for (const proofs of spelledOut(set, next, session)) if (isNew(proofs)) return atStrongest(proofs, next, isNew);
  return undefined;
}

/**
 * One or two proofs with which a user is let in now and was not before, in a browser that remembers another proof.
 * `age`: how long ago that was proved.
 */
export function newlyRemembering(facts: UserFacts, sides: PolicySides, age: Seconds = 0): AdmittedWith | undefined {
  const { next } = sides;
  const proofs = next.authenticators.map(({ key, factors, characteristics, methods: [method] = [] }) => ({
    ...{ authenticator: key, enrollment: key, factors, characteristics, age: 0 },
    ...(method !== undefined && { methods: [method] }),
  }));
  const sets = proofs.flatMap((proof, index) => [[proof], ...proofs.slice(0, index).map((other) => [other, proof])]);
  const candidates = sets.flatMap((evidence): readonly AdmittedWith[] => {
    const keys = evidence.map(({ authenticator }) => authenticator);
    const names = next.authenticators
      .filter(isRememberable)
      .flatMap((descriptor) => namesOf(descriptor).slice(descriptor.methods ? 1 : 0));
    return names.map((name) => ({
      ...{ evidence, remembered: [name], ...(age > 0 && { rememberedAge: age }) },
      enrolled: [...new Set([...keys, authenticatorIn(name)])],
    }));
  });
  return candidates.find(isNewlyLetIn(facts, sides));
}

/** The user is let in now, and was not before. */
export function isNewlyLetIn(facts: UserFacts, sides: PolicySides): (proofs: AdmittedWith) => boolean {
  const { active, next } = sides;
  const [then, now] = [factsOn('active', facts, sides), factsOn('next', facts, sides)];
  return (proofs) => isLetIn(next, proofs, now) && !isLetIn(active, proofs, then) && isCompleted(next, proofs, now);
}

/** More sets of proofs are not tried. */
const mostTried = 10;

/** The authenticators of a user whose sign-in ends as `before` today, and completes next. Undefined: none is known. */
export function newlyCompletedWith(
  before: 'complete' | 'denied',
  facts: UserFacts,
  sides: PolicySides,
): readonly string[] | undefined {
  const outcomeOf = (side: 'active' | 'next', enrolled: readonly string[]) =>
    outcomeIn(sides[side], { evidence: [], remembered: [], enrolled }, factsOn(side, facts, sides));
  const isNewlySo = (keys: readonly string[]) =>
    outcomeOf('next', keys) === 'complete' && outcomeOf('active', keys) === before;
  return enrolledCandidates(sides.next).find(isNewlySo);
}

function isLetIn(policies: PolicySet, proofs: AdmittedWith, facts: UserFacts): boolean {
  return isAdmitted(evaluate(policies, factsWith(proofs, facts, policies.authenticators)));
}

/**
 * Whether the proofs that a session holds complete the sign-in. Proofs that must be given in this very sign-in do not
 * count.
 */
function isCompleted(policies: PolicySet, { evidence, ...more }: AdmittedWith, facts: UserFacts): boolean {
  const inSession = evidence.filter(({ age }) => age !== 'now');
  return outcomeIn(policies, { evidence: inSession, ...more }, facts) === 'complete';
}

/** The outcome of the sign-in of a user who proved this before: `denied` if no way leads in. */
function outcomeIn(policies: PolicySet, proofs: AdmittedWith, facts: UserFacts): string | undefined {
  const all = factsWith(proofs, facts, policies.authenticators);
  const end = simulate(policies, all).at(-1)?.kind;
  return end === 'denied' && askedInAll(policies, all) ? 'complete' : end;
}

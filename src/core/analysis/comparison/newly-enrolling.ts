/**
 * Finds users who get in with less by setting up something in the sign-in. Rules that became stricter may ask for what
 * an account does not have. It then takes the account-management requirement (Law 7) to set that up, which also counts
 * what the enrollment policy disables. Users with up to four authenticators are tried under the deciding rules
 * alone, and an example is confirmed under all policies. A user who could do the same on the pages of the account, and
 * then get in, gets in with no less.
 */
import type { AuthenticatorDescriptor } from '../../model/facts.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { simulate } from '../simulation/simulate.ts';
import { proofsOf } from '../simulation/step-after.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { haveSameAuthenticators } from './common-authenticators.ts';
import {
  type Deciders,
  decidingTogether,
  factsFor,
  factsOn,
  type Pairing,
  type PolicySides,
} from './deciding-together.ts';
import { addedNewly, type EnrollingSides, type OpenedByEnrolling, openedByRules } from './opened-by-rules.ts';
import { rulesAtAccount } from './rules-at-account.ts';
import { countedTerms, factsOfUser, type TriedUser } from './tried-users.ts';

/** The user sets up `added`, and gets in. */
export interface NewlyEnrolling {
  readonly before: Deciders;
  readonly now: Deciders;
  readonly facts: UserFacts;
  /** What the user proves, and has. */
  readonly proofs: AdmittedWith;
  /** What else the user has, if that is a key that does not show all that such keys can. */
  readonly weaker: readonly AuthenticatorDescriptor[];
  /** Keys of authenticators. */
  readonly added: readonly string[];
}

export interface NewlyEnrollingSearch {
  readonly found: readonly NewlyEnrolling[];
  /** Rules under which some user might, of whom no example is known. */
  readonly undecided: readonly Pick<NewlyEnrolling, 'before' | 'now' | 'added'>[];
}

/** What is searched. */
interface EnrollingSearch extends EnrollingSides {
  /** Rules of which it is known that they ask for less. */
  readonly isKnown: (rules: Pick<Pairing, 'before' | 'now'>) => boolean;
}

/** `space`: of the rules of both sides. */
export function newlyEnrolling({ isKnown, ...sides }: EnrollingSearch, space: RuleSpace): NewlyEnrollingSearch {
  const found = new Map<string, NewlyEnrolling>();
  const undecided = new Map<string, NewlyEnrollingSearch['undecided'][number]>();
  const openFor = openedByRules(sides, space);
  for (const pair of decidingTogether(sides, space)) {
    const { before, now } = pair;
    const key = JSON.stringify(
      [before.session, before.app, now.session, now.app].map((rule) => rule?.location ?? rule),
    );
    if (found.has(key) || !isAllowed(before) || asksTheSame(pair, sides) || isKnown(pair)) continue;
    for (const rules of rulesAtAccount(before, sides.account, space)) {
      const open = openFor(pair, rules);
      const [first] = open;
      if (first === undefined) continue;
      const formulas = [...pair.formulas, ...rules.formulas];
      const facts = factsFor({ ...pair, formulas }, { ...sides, space });
      if (facts === 'impossible') continue;
      const shown = facts === 'undecided' ? undefined : exampleOf(open, facts, sides);
      if (shown) found.set(key, { before, now, ...shown });
      else undecided.set(key, { before, now, added: first.added });
    }
  }
  return {
    found: [...found.values()],
    undecided: [...undecided].flatMap(([key, pair]) => (found.has(key) ? [] : [pair])),
  };
}

/** Users who were denied are the matter of the comparison of rules. */
function isAllowed({ session, app }: Deciders): boolean {
  return session?.then.kind === 'allow' && app?.then.kind === 'allow';
}

function asksTheSame({ before, now }: Pairing, { active, next }: PolicySides): boolean {
  const written = (rules: Deciders, policies: PolicySet) => JSON.stringify(countedTerms(rules, policies));
  return written(before, active) === written(now, next) && haveSameAuthenticators({ active, next });
}

type Example = Pick<NewlyEnrolling, 'facts' | 'proofs' | 'weaker' | 'added'>;

/** Preferably one in which the simulated user, who takes the first choice, proves nothing more. */
function exampleOf(open: readonly OpenedByEnrolling[], facts: UserFacts, sides: EnrollingSides): Example | undefined {
  let best: OpenedByEnrolling | undefined;
  for (const { user } of open) {
    const newly = addedNewly(user, facts, sides);
    if (newly === undefined || newly.isOpen) continue;
    const { added } = newly;
    const steps = simulate(sides.next, factsOfUser(user, factsOn('next', facts, sides), sides.next));
    const isPlain = steps.every(({ kind }) => kind !== 'challenge');
    if (isPlain || best === undefined) best = { user, added };
    if (isPlain) break;
  }
  if (best === undefined) return undefined;
  return { facts, ...shownUser(best.user), added: best.added };
}

/** The user as one who proved this just before. */
export function shownUser(user: TriedUser): Pick<NewlyEnrolling, 'proofs' | 'weaker'> {
  const { evidence, ...more } = proofsOf(user);
  const proofs = { ...more, evidence: evidence.map((item) => ({ ...item, age: 0 })) };
  return { proofs, weaker: user.besides.filter(({ isWeak }) => isWeak) };
}

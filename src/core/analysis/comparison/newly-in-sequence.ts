/**
 * Finds users who newly get in by enrollments that come one after the other, since the account policy asks for one
 * before another (decision 169). A rule that asks for more may name what comes first, and so let in users whom the
 * earlier rule denied. Users with up to three authenticators are put to the evaluator under both configurations.
 */
import type { Rule } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { couldBefore } from './could-before.ts';
import { factsOn, type PolicySides, type SidesInSpace } from './deciding-together.ts';
import { evaluationKey, textBesidePolicies } from './evaluation-key.ts';
import { type NewlyEnrolling, shownUser } from './newly-enrolling.ts';
import { type EnrollingSides, newlyAdded } from './opened-by-rules.ts';
import { isOpenAtAccount, rulesAtAccount } from './rules-at-account.ts';
import {
  asksTheSame,
  differingTogether,
  factsOfRules,
  policiesOfRules,
  type RulesTogether,
  rulesThatDiffer,
  type SequenceRules,
} from './rules-together.ts';
import { factsOfUser, type TriedUser, usersWithFew } from './tried-users.ts';

/** The user sets up `added`, and gets in. */
export interface NewlyInSequence extends NewlyEnrolling, SequenceRules {}

export interface NewlyInSequenceSearch {
  readonly found: readonly NewlyInSequence[];
  /** Rules under which some user might, of whom no example is known. */
  readonly undecided: readonly SequenceRules[];
}

/** Of more combinations of rules, one is named as undecided. */
const mostCombinations = 300;

/**
 * `space`: of the rules of both sides. `known`: what is known of other apps; their policies often ask for the same.
 */
export function newlyInSequence(
  sides: EnrollingSides,
  space: RuleSpace,
  known: KnownAdditions = new Map(),
): NewlyInSequenceSearch {
  const found = new Map<string, NewlyInSequence>();
  const undecided = new Map<string, SequenceRules>();
  if (!hasSequences(sides.next) || isSame(sides)) return { found: [], undecided: [] };
  const examine = examination({ ...sides, space }, known);
  let examined = 0;
  for (const combination of differingTogether({ ...sides, space })) {
    if (asksTheSame(combination, sides)) continue;
    const rules = rulesThatDiffer(combination);
    const key = JSON.stringify([rules.rulesBefore, rules.rulesNow]);
    if (found.has(key)) continue;
    examined += 1;
    const result = examined > mostCombinations ? 'undecided' : examine(combination);
    if (result === 'undecided') undecided.set(key, rules);
    else if (result) found.set(key, { ...result, ...rules });
    if (examined > mostCombinations) break;
  }
  return {
    found: [...found.values()],
    undecided: [...undecided].flatMap(([key, rules]) => (found.has(key) ? [] : [rules])),
  };
}

/** Some rule of the account policy asks for more than one proof of any kind, which Law 7 asks for anyway. */
function hasSequences({ accountPolicy }: PolicySet): boolean {
  return (accountPolicy?.rules ?? []).some(({ then }) => then.kind === 'allow' && !isMetByAny(then.requirement));
}

function isMetByAny(requirement: Extract<Rule['then'], { kind: 'allow' }>['requirement']): boolean {
  const { anyOf = [] } = 'anyOf' in requirement ? requirement : {};
  return anyOf.some(({ factors, demands, maxAge }) => factors === 1 && demands.length === 0 && maxAge === undefined);
}

/** Apart from names and locations, and the order of documents. */
function isSame({ active, next, refused }: EnrollingSides): boolean {
  if (refused !== undefined) return false;
  const written = ({ session, app, enrollment, accountPolicy, minimumAcr, authenticators }: PolicySet) => {
    const rules = [session, app, enrollment].map((policy) => policy?.rules.map(({ rule }) => [rule.when, rule.then]));
    const changes = accountPolicy?.rules.map(({ when, then, change }) => [when, then, change]);
    return JSON.stringify([rules, changes, minimumAcr, authenticators]);
  };
  return written(active) === written(next);
}

type Found = NewlyEnrolling | 'undecided' | undefined;

function examination(
  sides: EnrollingSides & SidesInSpace,
  known: KnownAdditions,
): (combination: RulesTogether) => Found {
  const { account, space } = sides;
  const additionsOf = newAdditions(sides, known);
  const isUnsure = isOpenAtAccount(account.policies);
  return (combination) => {
    let isOpen = false;
    for (const { formulas } of rulesAtAccount(combination.before, account, space)) {
      const facts = factsOfRules({ ...combination, formulas: [...combination.formulas, ...formulas] }, sides);
      if (facts === 'impossible') continue;
      const opened = facts === 'undecided' ? undefined : openedAmong(additionsOf(facts, sides), facts, sides);
      if (typeof opened === 'object') return { before: combination.before, now: combination.now, ...opened };
      const isUndecided = opened === 'undecided' || (opened === 'at_account' && isUnsure);
      if (facts === 'undecided' ? mayOpen(combination) : isUndecided) isOpen = true;
    }
    return isOpen ? 'undecided' : undefined;
  };

  /** Whether a user would newly get in if these rules decided for every user. What depends on the sign-in may. */
  function mayOpen(combination: RulesTogether): boolean {
    const { active, next } = sides;
    if ([active, next].some(({ enrollment }) => enrollment?.beforeSignIn !== undefined)) return true;
    const alone = {
      active: policiesOfRules('before', combination, active),
      next: policiesOfRules('now', combination, next),
    };
    return additionsOf(space.factsOf(new Map()), alone).length > 0;
  }
}

type Opened = Pick<NewlyEnrolling, 'facts' | 'proofs' | 'weaker' | 'added'>;

/**
 * `at_account`: only users who could do so before by the pages of the account. `undecided`: it is not known of some
 * users, who are asked to set up too much to follow.
 */
function openedAmong(
  additions: readonly NewAddition[],
  facts: UserFacts,
  sides: EnrollingSides,
): Opened | 'at_account' | 'undecided' | undefined {
  let isOpen = false;
  for (const { user, added, isOpen: isUnknown } of additions) {
    const before = factsOfUser(user, factsOn('active', facts, sides), sides.active);
    const could = couldBefore({ added, before }, sides);
    if (!could && !isUnknown) return { facts, ...shownUser(user), added };
    isOpen ||= could !== true;
  }
  return isOpen ? 'undecided' : additions.length > 0 ? 'at_account' : undefined;
}

/** A user who newly gets in by setting up these, or of whom that is not known. */
interface NewAddition {
  readonly user: TriedUser;
  readonly added: readonly string[];
  readonly isOpen?: true;
}

/** By what is no policy, then by what the rules say. */
export type KnownAdditions = Map<string, Map<string, readonly NewAddition[]>>;

/** Finds all users who newly get in by setting up something. */
function newAdditions(sides: EnrollingSides, known: KnownAdditions) {
  const users = usersWithFew(sides);
  const { active, next, refused } = sides;
  const key = JSON.stringify([textBesidePolicies(active), textBesidePolicies(next), users]);
  const own = known.get(key) ?? new Map<string, readonly NewAddition[]>();
  known.set(key, own);
  return (facts: UserFacts, policies: Pick<PolicySides, 'active' | 'next'>): readonly NewAddition[] => {
    const keyOf = (side: 'active' | 'next') => evaluationKey(policies[side], factsOn(side, facts, sides));
    const asked = JSON.stringify([keyOf('active'), keyOf('next')]);
    const within = { ...policies, account: sides.account, ...(refused && { refused }) };
    const found =
      own.get(asked) ??
      users.flatMap((user) => {
        const newly = newlyAdded(user, facts, within);
        return newly ? [{ user, added: newly.added, ...(newly.isOpen && { isOpen: true as const }) }] : [];
      });
    own.set(asked, found);
    return found;
  };
}

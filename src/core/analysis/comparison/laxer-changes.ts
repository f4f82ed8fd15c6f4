/**
 * Finds which changes of an account take less by other rules of the account policy. Two-sided: the evaluator shows a
 * finding on the pages of the account under both configurations, and requirements that are as strict are proved. The
 * rest is undecided. On both sides, the account-management requirement (Law 7) applies in addition: where only owners
 * can make a change, what it asks of them counts.
 */
import { enrollScope, scopeOfChange } from '../../enrollment/account-request.ts';
import { accountIdentifiers, changeActions, type GovernedChange } from '../../model/account-policy.ts';
import type { Requirement, Rule } from '../../model/policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { accountManagementMaxAge } from '../../remediation/account-management.ts';
import { leastOfOwners, ownedFor } from '../accounts/owned-changes.ts';
import type { StepAfter } from '../simulation/step-after.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { pairings, type RulePairing } from '../space/rule-pairings.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { commonAuthenticators } from './common-authenticators.ts';
import { type AsksComparison, compareAsks } from './compare-asks.ts';
import {
  decidingTogether,
  factsOn,
  type NoFacts,
  type PolicySides,
  possiblyDecidingOn,
  type SidesInSpace,
} from './deciding-together.ts';
import { type LaxerExample, laxerAt } from './laxer-example.ts';

/** Rules of the account policy, before and now. Absent: none, since there is no account policy, or none decided. */
export interface AccountRules {
  readonly before?: Rule;
  readonly now?: Rule;
}

export interface LaxerChange extends AccountRules, LaxerExample {
  readonly change: GovernedChange;
}

export interface LaxerChanges {
  readonly found: readonly LaxerChange[];
  readonly undecided: readonly AccountRules[];
}

/** One example for each pair of rules that decide about the same change. `space`: of the rules of both sides. */
export function laxerChanges(sides: PolicySides, space: RuleSpace): LaxerChanges {
  const found = new Map<string, LaxerChange>();
  const open = new Map<string, AccountRules>();
  const within = { ...sides, space };
  for (const change of changesIn(sides))
    for (const pair of pairsAbout(change, within)) {
      const key = JSON.stringify([pair.before, pair.now]);
      if (found.has(key)) continue;
      const comparison = comparisonOf(change, pair, sides);
      if (comparison === 'as_strict') continue;
      const requests = requestsFor(change, pair, within);
      if (requests.facts.length === 0 && !requests.isOpen) continue;
      const rules = { ...(pair.before && { before: pair.before }), ...(pair.now && { now: pair.now }) };
      const sets = comparison === 'undecided' ? [] : [comparison.evidence, ...comparison.others];
      const shown = laxerAt(requests.facts, sides, {
        ...{ sets, owned: ownedFor(change) },
        ...(!sides.next.isAccountApp && { isLaxer: opens(change) }),
      });
      if (shown) found.set(key, { change, ...rules, ...shown });
      else open.set(key, rules);
    }
  return {
    found: [...found.values()],
    undecided: [...open].filter(([key]) => !found.has(key)).map(([, rules]) => rules),
  };
}

/** What can be changed of the identifiers and of the authenticators that are enabled. */
function changesIn({ active, next }: PolicySides): readonly GovernedChange[] {
  if (active.accountPolicy === undefined) return [];
  const keys = next.authenticators.map(({ key }) => key);
  const all = [...new Set([...keys, ...accountIdentifiers])];
  return changeActions.flatMap((action) =>
    all.filter((of) => isPossible({ action, of }, next)).map((of) => ({ action, of })),
  );
}

/**
 * Of identifiers, the pages only ask for a change. At other apps, users can only set up something in a sign-in, also in
 * the place of the only one that they can have.
 */
function isPossible({ action, of }: GovernedChange, { authenticators, isAccountApp }: PolicySet): boolean {
  const one = authenticators.find(({ key }) => key === of);
  const isReplaceable = action === 'change' && one?.maxEnrollments === 1;
  if (!isAccountApp) return one?.enrollable === true && (action === 'add' || isReplaceable);
  return action === 'change' || (one !== undefined && (action === 'remove' || one.enrollable));
}

/** Pairs of rules of which the later one does not deny. Without a policy Law 7 alone holds. */
function pairsAbout(change: GovernedChange, sides: SidesInSpace): readonly RulePairing<Rule>[] {
  const { active, next, space } = sides;
  const before = possiblyDecidingOn('active', active.accountPolicy?.about(change), sides);
  if (next.accountPolicy === undefined)
    return before.map(({ rule, formulas }) => ({ before: rule, now: undefined, formulas }));
  const after = possiblyDecidingOn('next', next.accountPolicy.about(change), sides);
  return pairings(before, after, space).filter(({ now }) => now?.then.kind === 'allow');
}

const nothing: Requirement = { anyOf: [] };
const anything: Requirement = { anyOf: [{ factors: 1, demands: [] }] };

function comparisonOf(change: GovernedChange, { before, now }: RulePairing<Rule>, sides: PolicySides): AsksComparison {
  const asked = now?.then.kind === 'allow' ? now.then.requirement : anything;
  const then = before?.then.kind === 'allow' ? before.then.requirement : nothing;
  const common = commonAuthenticators(sides);
  const usable = { next: common, before: common, limits: [{ oldest: accountManagementMaxAge }] };
  const comparison = compareAsks([asked], [then], usable);
  const owned = sides.next.isAccountApp ? ownedFor(change) : undefined;
  const least = owned === undefined ? undefined : leastOfOwners(owned, common);
  if (comparison === 'as_strict' || least === undefined) return comparison;
  return compareAsks([asked, least], [then], usable) === 'as_strict' ? 'as_strict' : comparison;
}

/** Requests that may lead to the change. */
interface Requests {
  readonly facts: readonly UserFacts[];
  /** There may be others, which are not known. */
  readonly isOpen: boolean;
}

/** More rules of an app, of which some combinations decide together, are not tried. */
const mostTried = 100;

/** At an app, the rules that decide about the sign-in determine whether the user sets up something. */
function requestsFor(change: GovernedChange, pair: RulePairing<Rule>, sides: SidesInSpace): Requests {
  if (sides.next.isAccountApp) {
    const facts = factsOf(change, pair, sides);
    return {
      facts: typeof facts === 'object' ? [requestOf(change, facts)] : [],
      isOpen: facts === 'undecided',
    };
  }
  const together = decidingTogether(sides, sides.space);
  const tried = together.slice(0, mostTried).map(({ formulas }) => {
    const within = { ...pair, formulas: [...pair.formulas, ...formulas] };
    return factsOf(change, within, sides);
  });
  return {
    facts: tried.flatMap((facts) => (typeof facts === 'object' ? [facts] : [])),
    isOpen: together.length > mostTried || tried.includes('undecided'),
  };
}

/** The user may set it up and could not. */
function opens({ of }: GovernedChange): (step: LaxerExample['step']) => boolean {
  return ({ before, now }) => setUpIn(now).includes(of) && !setUpIn(before).includes(of);
}

function setUpIn(step: StepAfter): readonly string[] {
  if (step.kind === 'enroll') return step.choices;
  return step.kind === 'allowed' && step.offered ? step.offered : [];
}

/** Facts for which these rules decide about the change on both sides. */
function factsOf(
  change: GovernedChange,
  { before, now, formulas }: RulePairing<Rule>,
  { active, next, space, ...sides }: SidesInSpace,
): UserFacts | NoFacts {
  const all = [...space.onceProved, ...formulas];
  const model = findModel(all, newBudget());
  if (typeof model !== 'object') return model;
  const facts = ordinaryFacts(all, space) ?? space.factsOf(model.model);
  const ruleIn = ({ accountPolicy }: PolicySet, request: UserFacts) =>
    accountPolicy && findRule(accountPolicy.about(change), request).rule;
  const isConfirmed =
    ruleIn(active, factsOn('active', facts, sides)) === before && ruleIn(next, factsOn('next', facts, sides)) === now;
  return isConfirmed ? facts : 'undecided';
}

/** The request of the pages of the account for this change. */
function requestOf(change: GovernedChange, facts: UserFacts): UserFacts {
  const scope = change.action === 'add' ? enrollScope(change.of) : scopeOfChange(change);
  return { ...facts, request: { ...facts.request, scopes: [...facts.request.scopes, scope] } };
}

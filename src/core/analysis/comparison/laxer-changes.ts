/**
 * Finds which changes of an account take less by other rules of the account policy. Two-sided: the evaluator shows a
 * finding on the pages of the account under both configurations, and requirements that are as strict are proved. The
 * rest is undecided. On both sides, the account-management requirement (Law 7) applies in addition.
 */
import { enrollScope, scopeOfChange } from '../../enrollment/account-request.ts';
import {
  accountIdentifiers,
  type ChangeAction,
  changeActions,
  type GovernedChange,
} from '../../model/account-policy.ts';
import type { Requirement, Rule } from '../../model/policy.ts';
import { namedInChanges } from '../../policy/rules/account-policy.ts';
import type { PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts } from '../../policy/theories/theory.ts';
import { ACCOUNT_MANAGEMENT_MAX_AGE } from '../../remediation/account-management.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { pairings, type RulePairing } from '../space/rule-pairings.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { commonAuthenticators } from './common-authenticators.ts';
import { compareAsks } from './compare-asks.ts';
import { type FactsVerdict, possiblyDecidingOn, type Sides, type SidesInSpace } from './deciding-together.ts';
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
export function laxerChanges(sides: Sides, space: RuleSpace): LaxerChanges {
  const found = new Map<string, LaxerChange>();
  const open = new Map<string, AccountRules>();
  const within = { ...sides, space };
  for (const change of changesIn(sides))
    for (const pair of pairsAbout(change, within)) {
      const key = JSON.stringify([pair.before, pair.now]);
      if (found.has(key) || isAsStrict(pair, sides)) continue;
      const facts = factsOf(change, pair, within);
      if (facts === 'impossible') continue;
      const rules = { ...(pair.before && { before: pair.before }), ...(pair.now && { now: pair.now }) };
      const shown = facts === 'undecided' ? undefined : laxerAt([requestOf(change, facts)], sides);
      if (shown) found.set(key, { change, ...rules, ...shown });
      else open.set(key, rules);
    }
  return {
    found: [...found.values()],
    undecided: [...open].filter(([key]) => !found.has(key)).map(([, rules]) => rules),
  };
}

/** What can be changed of authenticators and identifiers that rules name, or that are enabled. */
function changesIn({ active, next }: Sides): readonly GovernedChange[] {
  if (active.accountPolicy === undefined) return [];
  const rules = [active, next].flatMap(({ accountPolicy }) => accountPolicy?.rules ?? []);
  const named = rules.flatMap(namedInChanges);
  const keys = next.authenticators.map(({ key }) => key);
  const all = [...new Set([...keys, ...named, ...accountIdentifiers])];
  return changeActions.flatMap((action) =>
    all.filter((of) => isPossible({ action, of }, next)).map((of) => ({ action, of })),
  );
}

/** Of identifiers, the pages only ask for a change. */
function isPossible({ action, of }: GovernedChange, { authenticators }: PolicySet): boolean {
  const one = authenticators.find(({ key }) => key === of);
  const byAction: Readonly<Record<ChangeAction, boolean>> = {
    add: one?.enrollable === true,
    change: one !== undefined || accountIdentifiers.includes(of),
    remove: one !== undefined,
  };
  return byAction[action];
}

/** Pairs of rules of which the later one does not deny. Without a policy Law 7 alone holds. */
function pairsAbout(change: GovernedChange, sides: SidesInSpace): readonly RulePairing<Rule>[] {
  const { active, next } = sides;
  const before = possiblyDecidingOn('active', active.accountPolicy?.about(change), sides);
  if (next.accountPolicy === undefined)
    return before.map(({ rule, formulas }) => ({ before: rule, now: undefined, formulas }));
  return pairings(before, possiblyDecidingOn('next', next.accountPolicy.about(change), sides)).filter(
    ({ now }) => now?.then.kind === 'allow',
  );
}

const nothing: Requirement = { anyOf: [] };
const anything: Requirement = { anyOf: [{ factors: 1, demands: [] }] };

function isAsStrict({ before, now }: RulePairing<Rule>, sides: Sides): boolean {
  const asked = now?.then.kind === 'allow' ? now.then.requirement : anything;
  const then = before?.then.kind === 'allow' ? before.then.requirement : nothing;
  const common = commonAuthenticators(sides);
  const usable = { next: common, before: common, limits: { oldest: ACCOUNT_MANAGEMENT_MAX_AGE } };
  return compareAsks([asked], [then], usable) === 'as_strict';
}

/** Facts for which these rules decide about the change on both sides. */
function factsOf(
  change: GovernedChange,
  { before, now, formulas }: RulePairing<Rule>,
  { active, next, space }: SidesInSpace,
): UserFacts | FactsVerdict {
  const all = [...space.onceProved, ...formulas];
  const model = findModel(all, newBudget());
  if (typeof model !== 'object') return model;
  const facts = ordinaryFacts(all, space) ?? space.factsOf(model.model);
  const ruleIn = ({ accountPolicy }: PolicySet) => accountPolicy && findRule(accountPolicy.about(change), facts).rule;
  return ruleIn(active) === before && ruleIn(next) === now ? facts : 'undecided';
}

/** The request of the pages of the account for this change. */
function requestOf(change: GovernedChange, facts: UserFacts): UserFacts {
  const scope = change.action === 'add' ? enrollScope(change.of) : scopeOfChange(change);
  return { ...facts, request: { ...facts.request, scopes: [...facts.request.scopes, scope] } };
}

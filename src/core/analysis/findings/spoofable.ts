/**
 * Finds rules that a browser chooses by what it says of itself: with another User-Agent header the same user, from the
 * same place, is asked for less, or what was proved counts longer.
 */
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import type { UserFacts, Variable } from '../../policy/theories/theory.ts';
import type { LongerLimit } from '../comparison/longer-limits.ts';
import type { AdmittedWith } from '../proofs/proving-user.ts';
import { decidingFormulas } from '../space/deciding-formulas.ts';
import { type FoundByRule, findByRule, findModelWithin, isSpent } from '../space/find-model.ts';
import type { Budget } from '../space/propagate.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { type CompareTerms, requestsShowing, type SignInLayer, termsComparison } from './asks-less.ts';
import { browserOf, browserPairs, inBrowser, inClass, mayReadBrowser } from './browser-claims.ts';
import { type BrowserWay, rulesOf, waysOf } from './browser-ways.ts';
import { shownWeaker } from './weaker-example.ts';

/** Two rules, where the browser chooses which of them decides. */
export interface Spoofable {
  /** The rule that asks what the browser is: one of the two. */
  readonly asking: Rule;
  readonly strict: Rule;
  readonly weak: Rule;
  /** Facts for which the weak rule decides. */
  readonly facts: UserFacts;
  /** Where both rules ask for the same: what lets proofs count longer under the weak rule. Empty: it asks for less. */
  readonly longer: readonly LongerLimit[];
  /** With what the user gets in, and would not under the strict rule. Absent: none is known. */
  readonly proved?: AdmittedWith;
}

/** The rules of one policy to examine, and what is known already. */
export interface ExaminedLayer {
  /** Absent: the sign-on policy. */
  readonly layer?: SignInLayer;
  /** Whether a rule needs no further look. Absent: none. */
  readonly isTold?: (rule: Rule) => boolean;
  /** The budget for all rules: for the search, and a step for each pair of rules. Absent: each question has its own. */
  readonly budget?: Budget;
}

/** At most one finding for each rule that asks what the browser is. */
export function spoofable(
  policies: PolicySet,
  space: RuleSpace,
  { layer = 'app', isTold = () => false, budget }: ExaminedLayer = {},
): FoundByRule<Spoofable, Rule> {
  const { session, app } = policies;
  if (app === undefined) return { found: [], undecided: [], opaque: [] };
  const [own, beside] = layer === 'app' ? [app, session] : [session, app];
  const search: Search = { policies, layer, own, beside, space, budget, compare: termsComparison(policies, layer) };
  const rules = rulesOf(own);
  return findByRule(
    rules.filter((rule) => !isTold(rule)),
    function* (asking) {
      const browser = browserOf(asking, space);
      const isOpen = mayReadBrowser(asking);
      if (browser === undefined && !isOpen) return;
      for (const other of rules.filter((candidate) => candidate !== asking))
        for (const [strict, weak] of [[asking, other] as const, [other, asking] as const]) {
          if (isSpent(budget)) return yield 'undecided';
          if (budget) budget.steps -= 1;
          if (isOpen && waysOf({ strict, weak }, search).length > 0) yield 'opaque';
          if (browser) yield choiceOf({ asking, strict, weak, browser }, search);
        }
    },
  );
}

interface Search {
  readonly policies: PolicySet;
  readonly layer: SignInLayer;
  readonly own: CompiledPolicy;
  /** The other policy that lets users in. */
  readonly beside: CompiledPolicy;
  readonly space: RuleSpace;
  readonly budget: Budget | undefined;
  readonly compare: CompareTerms;
}

interface WeakerPair {
  readonly asking: Rule;
  readonly strict: Rule;
  readonly weak: Rule;
  readonly browser: Variable;
}

/** `undecided`: what is asked for could not be compared, or the steps did not suffice; nothing else was found. */
function choiceOf(choice: WeakerPair, search: Search): Spoofable | 'undecided' | undefined {
  const ways = waysOf(choice, search);
  if (ways.length === 0) return undefined;
  let isOpen = false;
  for (const positions of browserPairs(choice.browser)) {
    const own = ownFormulas(choice, positions, search);
    const possible = findModelWithin(own, search.budget);
    if (possible === 'impossible') continue;
    for (const way of ways) {
      const beside = besideFormulas(way, { ...choice, positions }, search);
      const { less } = way;
      const requests = requestsShowing(less, search.policies, search.space);
      const found = findModelWithin([...own, ...beside, ...requests], search.budget);
      isOpen ||= found === 'undecided' || (found !== 'impossible' && less === 'undecided');
      if (typeof found !== 'object' || less === 'undecided') continue;
      const facts = search.space.factsOf(found.model);
      const [one, other] = positions.map((at) => inBrowser(facts, choice.browser, at)) as [UserFacts, UserFacts];
      const { asking, strict, weak } = choice;
      if (
        decide(search, one, { own: strict, ...(way.strict && { beside: way.strict }) }) &&
        decide(search, other, { own: weak, beside: way.weak })
      ) {
        const shown = shownWeaker({ strict, facts: other, ...less }, search.policies, search.layer);
        if (shown) return { asking, strict, weak, facts: other, longer: less.longer, ...shown };
        isOpen = true;
      }
    }
  }
  return isOpen ? 'undecided' : undefined;
}

function ownFormulas(
  { strict, weak, browser }: WeakerPair,
  [one, other]: readonly [number, number],
  { own, space }: Search,
) {
  return [
    ...space.onceProved,
    ...formulasIn(strict, { policy: own, space }).map((formula) => inClass(formula, browser, one)),
    ...formulasIn(weak, { policy: own, space }).map((formula) => inClass(formula, browser, other)),
  ];
}

function besideFormulas(
  way: BrowserWay,
  { browser, positions: [one, other] }: { readonly browser: Variable; readonly positions: readonly [number, number] },
  { beside: policy, space }: Search,
) {
  const strict = way.strict ? formulasIn(way.strict, { policy, space }) : [];
  return [
    ...strict.map((formula) => inClass(formula, browser, one)),
    ...formulasIn(way.weak, { policy, space }).map((formula) => inClass(formula, browser, other)),
  ];
}

function formulasIn(rule: Rule, { policy, space }: { readonly policy: CompiledPolicy; readonly space: RuleSpace }) {
  const rules = rulesOf(policy);
  return decidingFormulas(rule, rules.slice(0, rules.indexOf(rule)), space);
}

function decide(
  { own, beside }: Search,
  facts: UserFacts,
  rules: { readonly own: Rule; readonly beside?: Rule },
): boolean {
  return (
    findRule(own, facts).rule === rules.own &&
    (rules.beside === undefined || findRule(beside, facts).rule === rules.beside)
  );
}

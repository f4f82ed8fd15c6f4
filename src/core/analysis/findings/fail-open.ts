/**
 * Finds denials that rest on an attribute which a user may lack: without it the rule misses, and a rule below lets the
 * user in. Shown by facts for which the evaluator says so.
 */
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { applyRules } from '../../policy/rules/rules.ts';
import type { Formula, Universe, UserFacts } from '../../policy/theories/theory.ts';
import { decidingFormulas, oneDecidesFrom } from '../space/deciding-formulas.ts';
import {
  askWithin,
  consequencesOf,
  type FoundByRule,
  findByRule,
  findModelWithin,
  mayHold,
} from '../space/find-model.ts';
import { onceFor } from '../space/once-for.ts';
import { ordinaryFacts } from '../space/ordinary-facts.ts';
import { innermostParts } from '../space/rule-space.ts';
import { denialsByAttribute, withoutAttribute } from './absent-attributes.ts';
import {
  type AttributeDenial,
  type DenialBudgets,
  type DenialSpace,
  denialSpace,
  deniedBy,
  policyBudgets,
  type SignInPolicies,
} from './attribute-denials.ts';

/** A rule that denies, but not users who lack the attribute. */
export interface FailOpen {
  readonly rule: Rule;
  readonly attribute: string;
  /** The rule that lets these users in. */
  readonly instead: Rule;
  readonly facts: UserFacts;
}

/**
 * One finding for each attribute of each rule. Skips an attribute whose absence some rule names. The policy beside must
 * let the user in, too.
 */
export function failOpen(
  policies: SignInPolicies,
  universe: Universe,
  budgets: DenialBudgets = policyBudgets(),
): FoundByRule<FailOpen, Rule> {
  const { policy } = policies;
  const rules = policy.rules.map(({ rule }) => rule);
  const denials = denialsByAttribute(rules, universe);
  if (denials.length === 0) return { found: [], undecided: [], opaque: [] };
  const asked = denialSpace(denials, policies, universe);
  const allowing = new Set(rules.filter(({ then }) => then.kind === 'allow'));
  const admitsFrom = oneDecidesFrom(rules, allowing, asked.space);
  const asking = { ...asked, ...budgets, admitsFrom, denies: seenToDeny(policy, asked, budgets) };
  const { found, undecided } = findByRule(denials, (denial) => admittedWithout(denial, policies, asking));
  return { found, undecided: deniedBy(undecided), opaque: [] };
}

/** What the questions about a denial are asked with. */
interface Asking extends DenialSpace, DenialBudgets {
  /** The policy lets the user in, if no rule before this position decides. */
  readonly admitsFrom: (position: number) => Formula;
  /** Whether the rule is seen to deny some user. */
  readonly denies: (rule: Rule) => boolean | 'undecided';
}

/**
 * All conditions of the rule hold except for the absent attribute, and a later rule allows. A user whom an earlier
 * rule lets in does not need to lack the attribute.
 */
function* admittedWithout(
  { rule, attribute, rules }: AttributeDenial,
  { policy, beside }: SignInPolicies,
  { space, lacks, besideAdmits, questions, examples, admitsFrom, denies }: Asking,
): Generator<FailOpen | 'undecided'> {
  const at = rules.indexOf(rule) + 1;
  const below = rules.slice(at);
  const allowing = below.filter(({ then }) => then.kind === 'allow');
  if (allowing.length === 0) return;
  const isDenied = denies(rule);
  if (isDenied === 'undecided') yield isDenied;
  if (isDenied !== true) return;
  const { factsOf, reader } = space;
  const admits = (instead: Rule, facts: UserFacts) =>
    applyRules(policy, facts).rule === instead &&
    (beside === undefined || applyRules(beside, facts).outcome === 'allow');
  const missed = rules.slice(0, at).map(({ when }) => space.misses(when));
  for (const rest of withoutAttribute(space.takenApart(rule.when), attribute)) {
    const lacking = [...space.onceProved, ...rest, lacks(attribute), ...space.always, ...missed];
    const follows = askWithin(questions, (own) => consequencesOf([...lacking, ...besideAdmits], own, reader));
    if (follows === 'undecided') yield follows;
    if (typeof follows !== 'object') continue;
    const may = (formula: Formula) => askWithin(questions, (own) => mayHold(follows, [formula], own));
    if (!may(admitsFrom(at))) continue;
    for (const instead of allowing) {
      const applies = space.applies(instead.when);
      // Most rules exclude users without the attribute, which is seen without those between.
      if (!may(applies)) continue;
      const between = below.slice(0, below.indexOf(instead)).map(({ when }) => space.misses(when));
      const formulas = [...lacking, applies, ...between, ...besideAdmits];
      const found = findModelWithin(formulas, questions, reader);
      if (found === 'undecided') yield found;
      if (typeof found !== 'object') continue;
      const ordinary = ordinaryFacts(formulas, { factsOf, reader, budget: examples });
      const facts = [...(ordinary ? [ordinary] : []), factsOf(found.model)].find((each) => admits(instead, each));
      if (facts) yield { rule, attribute, instead, facts };
    }
  }
}

/** A rule that never applies denies no user, and is a finding of its own; so is one that is not seen to apply. */
function seenToDeny(policy: CompiledPolicy, { space }: DenialSpace, { questions }: DenialBudgets) {
  return onceFor((rule: Rule): boolean | 'undecided' => {
    const denied = findModelWithin(decidingFormulas(rule, [], space), questions, space.reader);
    if (denied === 'impossible') return false;
    const parts = space.takenApart(rule.when).flatMap(innermostParts);
    const isOpaque = parts.some(({ reads }) => reads !== undefined);
    if (!isOpaque) return true;
    return denied === 'undecided' ? denied : isMet(rule, policy, space.factsOf(denied.model));
  });
}

function isMet(rule: Rule, policy: CompiledPolicy, facts: UserFacts): boolean {
  const compiled = policy.rules.find((compiledRule) => compiledRule.rule === rule);
  return compiled?.conditions.every(({ test }) => test(facts) === 'hit') ?? false;
}

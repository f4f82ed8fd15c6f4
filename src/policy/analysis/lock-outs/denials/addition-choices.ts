/** Which rules of the account policy decide about additions, and what must hold for it. */
import { deciding } from '../../../../core/analysis/space/rule-combinations.ts';
import type { RuleSpace } from '../../../../core/analysis/space/rule-space.ts';
import type { Rule } from '../../../../core/model/policy.ts';
import type { CompiledPolicy, PolicySet } from '../../../../core/policy/rules/compile.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../../../core/policy/theories/theory.ts';
import { type Cause, governedBy } from './denial-cause.ts';

/** One of some rules decides about adding an authenticator. The same at all apps under one account policy. */
export interface AdditionChoice {
  /** Key of the authenticator. */
  readonly of: string;
  /** The positions of the rules among those about adding it. */
  readonly positions: readonly number[];
}

/** The same for equal choices. */
export function choicesKey(choices: readonly AdditionChoice[]): string {
  return choices.map(({ of, positions }) => `${of}:${positions.join()}`).join(' ');
}

/** The rules of the cause decide, and above the first of them no others than in these facts. */
export function choicesOfCause(cause: Cause, facts: UserFacts, policies: PolicySet): readonly AdditionChoice[] {
  const governed = governedBy([...cause.account, ...cause.together], facts, policies);
  const rules = governed.map(({ key, policy, rule }) => choiceOf(key, policy, (other) => other === rule));
  return [...rules, ...noOthersAbove(cause, facts, policies)];
}

/** A rule with the same terms decides about each of these additions as in these facts. */
export function choicesOfAdded(
  added: readonly string[],
  facts: UserFacts,
  { accountPolicy }: PolicySet,
): readonly AdditionChoice[] {
  return added.flatMap((of) => {
    const about = accountPolicy?.about({ action: 'add', of });
    const terms = about && JSON.stringify(findRule(about, facts).rule?.then);
    if (about === undefined || terms === undefined) return [];
    return [choiceOf(of, about, (rule) => JSON.stringify(rule.then) === terms)];
  });
}

/** One of the rules above may be enough alone, and so be the cause. */
function noOthersAbove({ account, together }: Cause, facts: UserFacts, policies: PolicySet): readonly AdditionChoice[] {
  const { accountPolicy, authenticators } = policies;
  const all = accountPolicy?.rules ?? [];
  const first = all.findIndex((rule) => account.includes(rule) || together.includes(rule));
  if (first < 0) return [];
  const seen = new Set<CompiledPolicy>();
  return authenticators.flatMap(({ key: of, enrollable }) => {
    const about = enrollable ? accountPolicy?.about({ action: 'add', of }) : undefined;
    if (about === undefined || seen.has(about)) return [];
    seen.add(about);
    const here = findRule(about, facts).rule;
    const isMeant = (rule: Rule) => rule === here || all.indexOf(rule) >= first;
    return about.rules.some(({ rule }) => !isMeant(rule)) ? [choiceOf(of, about, isMeant)] : [];
  });
}

function choiceOf(of: string, { rules }: CompiledPolicy, isMeant: (rule: Rule) => boolean): AdditionChoice {
  return { of, positions: rules.flatMap(({ rule }, at) => (isMeant(rule) ? [at] : [])) };
}

/** What must hold so that it is decided like that. */
export function formulasOfChoices(
  choices: readonly AdditionChoice[],
  { accountPolicy }: Pick<PolicySet, 'accountPolicy'>,
  space: RuleSpace,
): readonly Formula[] {
  return choices.flatMap(({ of, positions }) => {
    const about = accountPolicy?.about({ action: 'add', of });
    return about ? oneDecides(about, positions, space) : [];
  });
}

/** What must hold so that one of the rules at these positions decides. */
function oneDecides(policy: CompiledPolicy, positions: readonly number[], space: RuleSpace): readonly Formula[] {
  const { rules, oneOf } = readIn(policy, space);
  const [first, ...others] = positions.flatMap((at) => rules[at] ?? []);
  if (first !== undefined && others.length === 0) return first.formulas;
  const key = positions.join();
  const known = oneOf.get(key) ?? [{ any: positions.map((at) => ({ all: rules[at]?.formulas ?? [] })) }];
  oneOf.set(key, known);
  return known;
}

interface RulesInSpace {
  readonly rules: ReturnType<typeof deciding<Rule>>;
  /** What must hold so that one of some rules decides, by their positions. */
  readonly oneOf: Map<string, readonly Formula[]>;
}

/** Cached by rule space and policy: each circumstance of an app asks for them. */
const readPolicies = new WeakMap<RuleSpace, Map<CompiledPolicy, RulesInSpace>>();

function readIn(policy: CompiledPolicy, space: RuleSpace): RulesInSpace {
  const known = readPolicies.get(space) ?? new Map<CompiledPolicy, RulesInSpace>();
  readPolicies.set(space, known);
  const found = known.get(policy) ?? { rules: deciding(policy, space), oneOf: new Map<string, readonly Formula[]>() };
  known.set(policy, found);
  return found;
}

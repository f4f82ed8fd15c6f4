/**
 * Finds rules that deny sign-ins of one kind, such as the first one of an account, in every network, at every time and
 * to every app, and let the same users in otherwise. What only administrators change about a user stays as it is.
 */
import type { Rule } from '../../model/policy.ts';
import type { CompiledPolicy } from '../../policy/rules/compile.ts';
import { findRule } from '../../policy/rules/rules.ts';
import { type Formula, negated, type UserFacts } from '../../policy/theories/theory.ts';
import { findModel, newBudget } from '../space/find-model.ts';
import { modelOf, variablesIn } from '../space/ordinary-facts.ts';
import type { ClassModel } from '../space/read-formulas.ts';
import { allowing, type Deciding, deciding } from '../space/rule-combinations.ts';
import type { RuleSpace } from '../space/rule-space.ts';
import { asIn, userOf } from './one-user.ts';
import { elsewhere, whereOnlyLastingIsOpen } from './reachable-authenticators.ts';

/** A rule that denies users each sign-in of the kind. */
export interface DeniedSignIn {
  readonly rule: Rule;
  /** A sign-in of the kind that it denies. */
  readonly facts: UserFacts;
  /** Every user who could exist, all for whom the rule decides in such a sign-in, or some of these. */
  readonly whom: 'all' | 'selected' | 'some';
}

/** What was found, and the rules for which the search was not finished. */
export interface DeniedSignInSearch {
  readonly never: readonly DeniedSignIn[];
  readonly undecided: readonly Rule[];
}

export interface DeniedSignIns {
  readonly policy: CompiledPolicy;
  /** Made of the rules of the policy, and of what the sign-ins are described by. */
  readonly space: RuleSpace;
  /** What holds for each sign-in of the kind. */
  readonly there: readonly Formula[];
  /** What holds for the sign-ins in which the same users are let in. */
  readonly otherwise: readonly Formula[];
  /** Whether the evaluator lets a user get as far as this policy. Absent: it decides first. */
  readonly isReached?: (facts: UserFacts) => boolean;
}

/** Each rule that denies users in all sign-ins of the kind, and no rule lets them in there. */
export function deniedSignIns(kind: DeniedSignIns): DeniedSignInSearch {
  const { policy, space, there } = kind;
  const allowed = allowing(policy, space);
  // Most often some rule lets every user in.
  const open = allowed.filter(({ formulas }) => findModel([...there, ...formulas], newBudget()) !== 'impossible');
  const search: Search = { ...kind, allowed, open };
  const never: DeniedSignIn[] = [];
  const undecided: Rule[] = [];
  for (const candidate of deciding(policy, space).filter(({ rule }) => rule.then.kind === 'deny')) {
    const facts = deniedThere(candidate, search);
    if (facts === 'undecided') undecided.push(candidate.rule);
    else if (facts) never.push({ rule: candidate.rule, facts, whom: whomOf(candidate, search) });
  }
  return { never, undecided };
}

interface Search extends DeniedSignIns {
  /** The rules that allow. */
  readonly allowed: readonly Deciding<Rule>[];
  /** Those that may let a user in there. */
  readonly open: readonly Deciding<Rule>[];
}

/** Users to examine; each stands for all whom the same rules let in. */
const mostUsers = 24;

/** A sign-in there that the rule denies, of a user whom no rule lets in there, and some rule otherwise. */
function deniedThere(denying: Deciding<Rule>, search: Search): UserFacts | 'undecided' | undefined {
  const { policy, space, there, otherwise, isReached = () => true, allowed, open } = search;
  const rules = [...there, ...denying.formulas];
  const own = variablesIn([...rules, ...allowed.flatMap(({ formulas }) => formulas)]);
  const lasting = [...own].filter((variable) => variable.lasting);
  const inAnother = elsewhere();
  const others: Formula[] = [];
  let wanted: readonly Formula[] = [];
  for (let count = 0; count < mostUsers; count += 1) {
    const found = modelOf([...rules, ...wanted, ...others], space);
    if (found === 'impossible') return undefined;
    if (found === 'undecided') return found;
    const model = wanted.length === 0 ? found : new Map([...found].filter(([variable]) => own.has(variable)));
    const { user: lastingFacts, facts, isShown } = userOf(model, lasting, space);
    const user = asIn(lastingFacts);
    const letIn = firstOf(open, (way) => [...user, ...there, ...way.formulas]);
    if (letIn === 'undecided') return letIn;
    if (letIn) {
      // All users who get in alike, if all other facts are as in the model.
      const alike = [...there, ...letIn.formulas].map((formula) => whereOnlyLastingIsOpen(formula, letIn.model));
      others.push(negated({ all: alike }));
      continue;
    }
    const letInOtherwise = firstOf(allowed, (way) => [...user, ...otherwise, ...way.formulas]);
    if (letInOtherwise === 'undecided') return letInOtherwise;
    const isConfirmed = isShown && isReached(facts) && findRule(policy, facts).rule === denying.rule;
    if (letInOtherwise && isConfirmed) return facts;
    // From now on only users are looked at who may get in otherwise.
    if (!letInOtherwise)
      wanted = [inAnother({ any: allowed.map(({ formulas }) => ({ all: [...otherwise, ...formulas] })) })];
    others.push(negated({ all: user }));
  }
  return 'undecided';
}

function firstOf(
  ways: readonly Deciding<Rule>[],
  formulasOf: (way: Deciding<Rule>) => readonly Formula[],
): { readonly formulas: readonly Formula[]; readonly model: ClassModel } | 'undecided' | undefined {
  for (const way of ways) {
    const found = findModel(formulasOf(way), newBudget());
    if (found === 'undecided') return found;
    if (found !== 'impossible') return { formulas: way.formulas, model: found.model };
  }
  return undefined;
}

function whomOf(denying: Deciding<Rule>, { there, open }: Search): DeniedSignIn['whom'] {
  if (open.length === 0) return 'all';
  const isNone = open.every(({ formulas }) => {
    const renamed = elsewhere();
    const all = [...there, ...denying.formulas, ...[...there, ...formulas].map(renamed)];
    return findModel(all, newBudget()) === 'impossible';
  });
  return isNone ? 'selected' : 'some';
}

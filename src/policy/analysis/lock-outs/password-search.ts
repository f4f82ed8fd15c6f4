/**
 * Searches for users whose password must be replaced, and who may not replace it: the account policy asks them for more
 * than they have, or it or the enrollment policy forbids it.
 */

import { canBeMet } from '../../../core/analysis/accounts/addition-rules.ts';
import {
  marksIn,
  mayHave,
  type OutcomeOfMarked,
  outcomeOfMarked,
  type PasswordMark,
} from '../../../core/analysis/accounts/marked-passwords.ts';
import { elsewhere } from '../../../core/analysis/accounts/reachable-authenticators.ts';
import { signInOutcome } from '../../../core/analysis/simulation/sign-in-outcomes.ts';
import { findModel, newBudget } from '../../../core/analysis/space/find-model.ts';
import { modelOf } from '../../../core/analysis/space/ordinary-facts.ts';
import { type Deciding, deciding, type RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { RuleSpace } from '../../../core/analysis/space/rule-space.ts';
import type { EnrollmentRule } from '../../../core/model/enrollment-policy.ts';
import type { AuthenticatorDescriptor } from '../../../core/model/facts.ts';
import { defaultPasswordTerms, type PasswordRule } from '../../../core/model/password-policy.ts';
import type { Rule, RuleHead } from '../../../core/model/policy.ts';
import { beforeSignIn, type CompiledPolicy } from '../../../core/policy/rules/compile.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import type { Formula, UserFacts } from '../../../core/policy/theories/theory.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import type { AnalysedConfiguration } from '../analysed/configuration.ts';
import { beginningsAt } from './denied-newcomers.ts';
import { formulasOfRule, hereAlone, spaceOf } from './lock-out-finder.ts';

/** Users who are denied with a password that must be replaced, or who keep it. */
export interface StuckPassword {
  readonly outcome: Exclude<OutcomeOfMarked, 'replaced'>;
  /** The rule of the account policy or of the enrollment policy that is the cause. */
  readonly cause: RuleHead;
  /** The rule by which the password must be replaced. Absent: there is no password policy, and the default applies. */
  readonly by?: PasswordRule;
  readonly mark: PasswordMark;
  /** Key of the authenticator. */
  readonly password: string;
  readonly facts: UserFacts;
  /** What the user has. */
  readonly keys: readonly string[];
  /** Another rule may let such a user replace it in other circumstances. */
  readonly isOnlyThere: boolean;
}

/** What was found, and the rules for which the search was not finished. */
export interface StuckPasswordSearch {
  readonly stuck: readonly StuckPassword[];
  readonly undecided: readonly RuleHead[];
}

/** The first users for each cause, password rule and mark: all apps have these rules in common. */
export function stuckPasswords(
  apps: readonly AnalysedApp[],
  configuration: AnalysedConfiguration,
): StuckPasswordSearch {
  const found = new Map<string, StuckPassword>();
  const undecided = new Map<string, RuleHead>();
  for (const app of apps) {
    for (const descriptor of app.policies.authenticators.filter(({ underPasswordPolicy }) => underPasswordPolicy)) {
      const search = searchAt(app, descriptor, configuration);
      for (const question of questionsIn(search)) {
        const key = JSON.stringify([question.cause.location, question.by?.location, question.mark]);
        if (found.has(key)) continue;
        const stuck = stuckIn(question, search);
        if (stuck === 'undecided') undecided.set(key, question.cause);
        else if (stuck) found.set(key, stuck);
      }
    }
  }
  const open = [...undecided].flatMap(([key, rule]) => (found.has(key) ? [] : [rule]));
  return { stuck: [...found.values()], undecided: [...new Set(open)] };
}

/** One app, and the authenticator whose secret is under the password policy. */
interface Search {
  readonly app: AnalysedApp;
  readonly descriptor: AuthenticatorDescriptor;
  /** The account policy about replacing it. */
  readonly about?: CompiledPolicy;
  /** Of the policies of this app and the password policy, made when it is first asked for. */
  readonly space: () => RuleSpace;
}

function searchAt(app: AnalysedApp, descriptor: AuthenticatorDescriptor, configuration: AnalysedConfiguration): Search {
  const { accountPolicy, password } = app.policies;
  const about = accountPolicy?.about({ action: 'change', of: descriptor.key });
  let made: RuleSpace | undefined;
  const space = () => {
    made ??= spaceOf(app, configuration, password?.rules.map(({ rule }) => rule) ?? []);
    return made;
  };
  return { app, descriptor, ...(about && { about }), space };
}

/** Rules that may decide about one user, of which one may keep the user from replacing the password. */
interface Question {
  readonly combination: RuleCombination;
  readonly account?: Rule | undefined;
  readonly cause: RuleHead;
  readonly by?: PasswordRule | undefined;
  readonly mark: PasswordMark;
  /** What the user has: what an account begins with, and what its first sign-in makes it set up. */
  readonly keys: readonly string[];
}

function* questionsIn(search: Search): Generator<Question> {
  const { app, descriptor, about } = search;
  const passwordRules = app.policies.password?.rules.map(({ rule }) => rule);
  for (const combination of app.combinations) {
    for (const account of about?.rules.map(({ rule }) => rule) ?? [undefined]) {
      const cause = causeIn(combination, account, search);
      if (cause === undefined) continue;
      const keys = keysIn(combination, app, descriptor);
      if (keys === undefined) break;
      for (const by of passwordRules ?? [undefined])
        for (const mark of marksIn(by?.then ?? defaultPasswordTerms))
          yield { combination, account, cause, by, mark, keys };
    }
  }
}

/** Undefined: where these decide, users replace the password. */
function causeIn(
  combination: RuleCombination,
  account: Rule | undefined,
  { app, descriptor }: Search,
): RuleHead | undefined {
  const { enrollment } = combination;
  if (enrollment?.then.disabled.includes(descriptor.key)) return undefined;
  if (account?.then.kind === 'deny') return account;
  if (isUseOnly(enrollment, descriptor)) return enrollment;
  const has = keysIn(combination, app, descriptor) ?? [];
  const owned = app.policies.authenticators.filter(({ key }) => has.includes(key));
  return canBeMet(account, owned) ? undefined : account;
}

function isUseOnly(enrollment: EnrollmentRule | undefined, { key }: AuthenticatorDescriptor): boolean {
  return enrollment?.then.useOnly?.includes(key) ?? false;
}

/** Undefined: such users have no password, or do not get in with a good one, either. */
function keysIn(
  { facts }: RuleCombination,
  app: AnalysedApp,
  { key }: AuthenticatorDescriptor,
): readonly string[] | undefined {
  const beginning = beginningsAt(app).find(({ keys }) => keys.includes(key));
  if (beginning === undefined) return undefined;
  const { isDenied, added } = signInOutcome(app.policies, facts, { keys: beginning.keys });
  return isDenied ? undefined : [...new Set([...beginning.keys, ...added])];
}

function stuckIn(question: Question, search: Search): StuckPassword | 'undecided' | undefined {
  const { combination, account, cause, by, mark, keys } = question;
  const { app, descriptor, about } = search;
  const { policies } = app;
  const space = search.space();
  const formulas = [
    ...space.onceProved,
    space.applies(hereAlone(app.app.clientId)),
    ...formulasOfRule(combination.session, policies.session, space),
    ...formulasOfRule(combination.app, policies.app, space),
    ...enrollmentFormulas(combination, search),
    ...(account ? formulasOfRule(account, about, space) : []),
    ...(by ? formulasOfRule(by, policies.password, space) : []),
  ];
  const isShown = (candidate: UserFacts) =>
    mayHave(candidate, mark) &&
    (about === undefined || findRule(about, candidate).rule === account) &&
    (by === undefined || (policies.password && findRule(policies.password, candidate).rule) === by);
  const model = modelOf(formulas, space, (found) => isShown(space.factsOf(found)));
  // Where there are such facts, and the evaluator finds other rules in them, they show nothing.
  if (model === 'impossible' || (model === 'undecided' && modelOf(formulas, space) !== model)) return undefined;
  if (model === 'undecided') return model;
  const facts = space.factsOf(model);
  const outcome = outcomeOfMarked(policies, facts, { keys, password: descriptor.key, mark });
  if (outcome === 'replaced') return undefined;
  const isOnlyThere = mayReplaceElsewhere(formulas, keys, search);
  return { outcome, cause, mark, password: descriptor.key, facts, keys, isOnlyThere, ...(by && { by }) };
}

function enrollmentFormulas({ enrollment: rule }: RuleCombination, { app, space }: Search): readonly Formula[] {
  const { enrollment } = app.policies;
  return rule && enrollment ? formulasOfRule(rule, beforeSignIn(enrollment), space()) : [];
}

/** Whether rules that let such a user replace the password may decide in another sign-in of the same user. */
function mayReplaceElsewhere(
  formulas: readonly Formula[],
  keys: readonly string[],
  { app: { policies }, descriptor, about, space: made }: Search,
): boolean {
  const space = made();
  const there = elsewhere();
  const owned = policies.authenticators.filter(({ key }) => keys.includes(key));
  const accounts: readonly (Deciding<Rule> | undefined)[] = about ? deciding(about, space) : [undefined];
  const enrollments: readonly (Deciding<EnrollmentRule> | undefined)[] = policies.enrollment
    ? deciding(beforeSignIn(policies.enrollment), space)
    : [undefined];
  return accounts
    .filter((account) => canBeMet(account?.rule, owned))
    .some((account) =>
      enrollments
        .filter((enrollment) => !isUseOnly(enrollment?.rule, descriptor))
        .some((enrollment) => {
          const others = [...(account?.formulas ?? []), ...(enrollment?.formulas ?? [])];
          return findModel([...formulas, ...others.map(there)], newBudget()) !== 'impossible';
        }),
    );
}

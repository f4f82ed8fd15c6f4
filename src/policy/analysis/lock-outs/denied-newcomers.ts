/** Searches for users who are denied with what their account begins with. */

import type { LockOut } from '../../../core/analysis/accounts/find-lock-out.ts';
import { isLockedOut } from '../../../core/analysis/simulation/simulated-outcome.ts';
import { isSpent } from '../../../core/analysis/space/find-model.ts';
import type { RuleCombination } from '../../../core/analysis/space/rule-combinations.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import type { AnalysedApp } from '../analysed/analysed-apps.ts';
import { type DeniedThere, deniedCircumstances } from './circumstances.ts';
import { rulesIn } from './denial-cause.ts';

/** The authenticators of a new account. `how`: the way in which the account was made, in words. */
export interface NewAccount {
  readonly keys: readonly string[];
  readonly how: string;
}

/** Rules that let a newcomer in, who is denied in the end all the same. */
export interface Denied extends DeniedThere {
  readonly app: AnalysedApp;
  readonly combination: RuleCombination;
  readonly beginning: NewAccount;
  /** Users who are denied with everything that they can reach. Absent: there are none. */
  readonly lockOut?: LockOut;
}

export interface NewcomerSearch {
  readonly denied: readonly Denied[];
  /** Rules for which the steps of the search did not suffice to find the users that they lock out. */
  readonly undecided: readonly RuleHead[];
}

/** The users who are denied for good. */
export interface LockOutFinder {
  /** Finds the users whom the causing rules lock out. */
  readonly find: (denied: Omit<Denied, 'lockOut'>) => LockOut | 'undecided' | undefined;
  /**
   * Keys of the authenticators that one user or another can reach, each as often as any rule requires; each set once.
   * `isPartial`: there may be others.
   */
  readonly reachable: (app: AnalysedApp) => {
    readonly sets: readonly (readonly string[])[];
    readonly isPartial: boolean;
  };
  /** Whether all parts of expressions that were evaluated for the app have the same results at this other one. */
  readonly isLike: (app: AnalysedApp, clientId: string) => boolean;
}

type Finder = Pick<LockOutFinder, 'find' | 'reachable'>;

/** One for each cause, with what an account has that was imported with a password and an address, or registered. */
export function deniedIn(combination: RuleCombination, app: AnalysedApp, find: Finder): NewcomerSearch {
  if (isLockedOut(app.policies, combination)) return { denied: [], undecided: [] };
  const search = { ...find, found: new Map<string, NewcomerSearch>() };
  const newcomers = deniedNewcomers(combination, app, search);
  if (app.policies.enrollment?.beforeSignIn === undefined) return newcomers;
  // They may get in once, and then be asked for more when they sign in with the authenticator that they set up.
  const { sets, isPartial } = search.reachable(app);
  const how = 'setting up all that they can';
  const later = sets.map((keys) => deniedWith({ app, combination, beginning: { how, keys } }, search));
  return {
    denied: [...newcomers.denied, ...later.flatMap(({ denied }) => denied.filter(({ lockOut }) => lockOut))],
    undecided: [
      ...newcomers.undecided,
      ...later.flatMap(({ undecided }) => undecided),
      ...(isPartial ? firstRuleAbout(app) : []),
    ],
  };
}

function deniedNewcomers(combination: RuleCombination, app: AnalysedApp, search: OneSearch): NewcomerSearch {
  const undecided: RuleHead[] = [];
  for (const beginning of beginningsAt(app).filter(({ keys }) => keys.length > 0)) {
    const found = deniedWith({ app, combination, beginning }, search);
    undecided.push(...found.undecided);
    if (found.denied.length > 0) return { denied: found.denied, undecided };
  }
  return { denied: [], undecided };
}

type Start = Pick<Denied, 'app' | 'combination' | 'beginning'>;

/** Of one rule combination at one app. */
interface OneSearch extends Finder {
  /** By the authenticators that users have, however they came to them. */
  readonly found: Map<string, NewcomerSearch>;
}

function deniedWith(start: Start, search: OneSearch): NewcomerSearch {
  const key = JSON.stringify(start.beginning.keys);
  const known = search.found.get(key) ?? searchWith(start, search);
  search.found.set(key, known);
  const { beginning } = start;
  return { ...known, denied: known.denied.map((denied) => ({ ...denied, beginning })) };
}

function searchWith(start: Start, search: Finder): NewcomerSearch {
  const { app, combination, beginning } = start;
  const { denied, isPartial } = deniedCircumstances(combination, app, beginning.keys);
  const undecided = isPartial ? firstRuleAbout(app) : [];
  if (denied.length === 0) return { denied: [], undecided };
  const found = byCause(start, denied, search);
  return { denied: found.denied, undecided: [...undecided, ...found.undecided] };
}

/** The rule at which it is reported that not all of them were examined together. */
function firstRuleAbout({ policies: { accountPolicy, enrollment } }: AnalysedApp): readonly RuleHead[] {
  const [first] = accountPolicy?.rules ?? enrollment?.rules.map(({ rule }) => rule) ?? [];
  return first ? [first] : [];
}

function byCause(start: Start, all: readonly DeniedThere[], search: Finder): NewcomerSearch {
  const causes = new Map<string, Omit<Denied, 'lockOut'>>();
  for (const circumstance of all) {
    const { cause, after } = circumstance;
    const rules = [...rulesIn(cause), after?.rule].map((rule) => rule?.location);
    const key = JSON.stringify([rules, after?.signedInWith]);
    if (!causes.has(key)) causes.set(key, { ...start, ...circumstance });
  }
  const undecided: RuleHead[] = [];
  const denied = [...causes.values()].map((found): Denied => {
    const lockOut = search.find(found);
    if (lockOut === 'undecided') undecided.push(...undecidedRules(found));
    return typeof lockOut === 'object' ? { ...found, lockOut } : found;
  });
  return { denied, undecided };
}

/** Where no step is left, other rules than those of the account policy are not looked at either. */
function undecidedRules({ app, cause: { account } }: Omit<Denied, 'lockOut'>): readonly RuleHead[] {
  return account.length === 0 && isSpent(app.denialBudget) ? firstRuleAbout(app) : account;
}

/** What accounts begin with. Users register where the profile policy of the app lets them. */
export function beginningsAt({ policies: { authenticators, profile } }: AnalysedApp): readonly NewAccount[] {
  const keysOf = (begins: (marks: Marks) => boolean) => authenticators.filter(begins).map(({ key }) => key);
  const terms = profile?.rules.flatMap(({ rule }) => rule.then.registration ?? []) ?? [];
  const both = keysOf((marks) => marks.underPasswordPolicy ?? marks.registers ?? false);
  const addressAlone = keysOf((marks) => marks.registers ?? false);
  return [
    { how: 'an import', keys: both },
    ...(terms.some(({ password }) => !password) ? [{ how: 'a registration', keys: addressAlone }] : []),
  ];
}

interface Marks {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
}

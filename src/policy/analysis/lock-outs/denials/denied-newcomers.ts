/** Searches for users who are denied with what their account begins with. */

import { isLockedOut } from '../../../../core/analysis/simulation/simulated-outcome.ts';
import { isSpent } from '../../../../core/analysis/space/find-model.ts';
import type { RuleCombination } from '../../../../core/analysis/space/rule-combinations.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import type { AnalysedApp } from '../../analysed/analysed-apps.ts';
import { decidedKey } from './cause-key.ts';
import { type DeniedThere, deniedCircumstances } from './circumstances.ts';
import type { Denied, LockOutFinder, NewAccount, NewcomerSearch } from './denied-users.ts';
import type { KnownOfApps } from './known-of-apps.ts';
import { type SettledCauses, settledCauses } from './settled-causes.ts';

type Finder = Pick<LockOutFinder, 'find' | 'reachable'>;

/** Searches all rule combinations of an app. What is found is in their order. */
export type NewcomersIn = (app: AnalysedApp) => readonly NewcomerSearch[];

/** One for each cause, with what an account has that was imported with a password and an address, or registered. */
export function newcomerSearch(finder: Finder, known: KnownOfApps): NewcomersIn {
  return (app) => {
    const settled = settledCauses(app, known);
    const [first] = beginningsAt(app);
    const tried = first ? known.lockOuts.at(app, first) : [];
    const knownUsers = tried.filter(({ combination }) => !isLockedOut(app.policies, combination));
    settled.add(knownUsers);
    const searched = (combination: RuleCombination) =>
      isLockedOut(app.policies, combination)
        ? { denied: [], undecided: [] }
        : deniedIn(combination, app, { ...finder, settled, knownUsers, found: new Map() });
    // The last rules are the plainest: users for whom they decide are the best examples, and settle most.
    const found = app.combinations.toReversed().map(searched).toReversed();
    known.lockOuts.add(found.flatMap(({ denied }) => denied));
    return found;
  };
}

function deniedIn(combination: RuleCombination, app: AnalysedApp, search: OneSearch): NewcomerSearch {
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
  const beginnings = beginningsAt(app);
  for (const beginning of beginnings) {
    const found = deniedWith({ app, combination, beginning }, search);
    undecided.push(...found.undecided);
    if (beginning === beginnings.at(-1) || found.isDenied()) return { denied: found.denied, undecided };
  }
  return { denied: [], undecided };
}

type Start = Pick<Denied, 'app' | 'combination' | 'beginning'>;

/** Of one rule combination at one app. */
interface OneSearch extends Finder {
  readonly settled: SettledCauses;
  /** Users of the app who are denied for good, and known from other apps. */
  readonly knownUsers: readonly Denied[];
  /** By the authenticators that users have, however they came to them. */
  readonly found: Map<string, FoundWith>;
}

interface FoundWith extends NewcomerSearch {
  /** Whether users are denied, also by what is settled. */
  readonly isDenied: () => boolean;
}

function deniedWith(start: Start, search: OneSearch): FoundWith {
  const key = JSON.stringify(start.beginning.keys);
  const known = search.found.get(key) ?? searchWith(start, search);
  search.found.set(key, known);
  const { beginning } = start;
  return { ...known, denied: known.denied.map((denied) => ({ ...denied, beginning })) };
}

function searchWith(start: Start, search: OneSearch): FoundWith {
  const { app, combination, beginning } = start;
  const { keys } = beginning;
  const users = search.knownUsers.filter(
    (user) => user.combination === combination && areSame(user.beginning, beginning),
  );
  const settled = search.settled.before(combination, keys);
  const { besides, isSettled, mayDeny, letInBy } = settled;
  const { denied, letIn, isPartial } = besides
    ? deniedCircumstances({ app, combination, keys, besides, alsoBesides: settled.byOtherCauses })
    : { denied: [], letIn: [], isPartial: false };
  const undecided = isPartial ? firstRuleAbout(app) : [];
  const open = denied.filter((each) => !isSettled(each));
  const found = byCause(start, open, (each) => search.find(each, letInBy(each)));
  settled.add({ letIn, denied });
  search.settled.add(found.denied);
  return {
    denied: [...users, ...found.denied],
    undecided: [...undecided, ...found.undecided],
    isDenied: () => users.length > 0 || denied.length > 0 || mayDeny(),
  };
}

function areSame(one: NewAccount, other: NewAccount): boolean {
  return one.keys.join() === other.keys.join();
}

/** The rule at which it is reported that not all of them were examined together. */
function firstRuleAbout({ policies: { accountPolicy, enrollment } }: AnalysedApp): readonly RuleHead[] {
  const [first] = accountPolicy?.rules ?? enrollment?.rules.map(({ rule }) => rule) ?? [];
  return first ? [first] : [];
}

function byCause(start: Start, all: readonly DeniedThere[], find: LockOutFinder['find']): NewcomerSearch {
  const causes = new Map<string, Omit<Denied, 'lockOut'>>();
  for (const circumstance of all) {
    const { alike: _, ...there } = circumstance;
    const key = decidedKey(there, start.app.policies);
    if (!causes.has(key)) causes.set(key, { ...start, ...there });
  }
  const undecided: RuleHead[] = [];
  const denied = [...causes.values()].map((found): Denied => {
    const lockOut = find(found);
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
  const passwordAlone = keysOf((marks) => marks.underPasswordPolicy ?? false);
  const hasLess = passwordAlone.length < both.length;
  const all: readonly NewAccount[] = [
    { how: 'an import', keys: both },
    ...(terms.some(({ password }) => !password) ? [{ how: 'a registration', keys: addressAlone }] : []),
    // As `users add` makes them: nothing proves an address that an administrator writes.
    ...(hasLess ? [{ how: 'an import without a proved address', keys: passwordAlone, hasLess }] : []),
  ];
  return all.filter(({ keys }) => keys.length > 0);
}

interface Marks {
  readonly underPasswordPolicy?: true;
  readonly registers?: true;
}

/**
 * Identifies the rules that decide about the sign-ins to one app under one configuration. A policy is asked once for
 * all users and circumstances that its rules do not distinguish: with 200 policies and hundreds of classes of users,
 * asking it about each of them would take most of the time of a diff.
 */
import type { AnyAllNone, ConditionResult, ConditionSet } from '../../../../core/model/conditions.ts';
import { distinct } from '../../../../core/model/distinct.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { allOfAnywhere, oneOfAnywhere } from '../../../../core/policy/condition-result.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import {
  type CompiledCondition,
  conditionSets,
  conditionsAbout,
} from '../../../../core/policy/rules/condition-table.ts';
import { asksAboutAttributes, filledInAttributes } from '../../../../core/policy/rules/filled-in-attributes.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import { meetsLists } from '../../../../core/policy/values/membership.ts';
import { everyCondition } from '../../../../core/queries/sign-in-conditions.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { Circumstance } from './circumstances.ts';
import { aboutUsers, atomIds, groupConditions, type UserClass } from './user-classes.ts';

export interface UserAtApp {
  readonly clientId: string;
  readonly user: UserClass;
}

export interface CircumstanceOfUser extends UserAtApp {
  readonly circumstance: Circumstance;
}

/** Text about the sign-ins of a user. */
export type TextOfUser = (who: UserAtApp) => (circumstance: Circumstance) => string;

/**
 * Returns a function that names the deciding rules. If the decision depends on more than rules, the name includes
 * everything else that it may depend on, except the user's enrollments. `atoms`: the ids of `UserClass.results`.
 */
export function decidingRuleNames(
  policies: PolicySet,
  factsOf: (asked: CircumstanceOfUser) => Facts,
  atoms: readonly string[] = [],
): TextOfUser {
  const { app, ...others } = policies;
  const before = others.enrollment && beforeSignIn(others.enrollment);
  const { session, enrollment, profile, password, recovery } = others;
  const all = [session, before, enrollment, profile, password, recovery, ...additionPolicies(policies)];
  // The policy of the app tells most users apart. The others are asked about fewer.
  const decided = [all.filter((policy) => policy !== undefined), app ? [app] : []];
  const decide: DecidesIn = { factsOf, atoms, mayChange: leavesThatChange(policies) };
  const positions = decided.map((some) => positionsIn(some, decide));
  // Risk counts once something is proved, and until then no rule tells a new device from a known one by it.
  const asksAboutRisk = everyCondition(policies).some(({ risk }) => risk !== undefined);
  const isOpen = everyCondition(policies).some(formulaChangesByProfile(policies));
  const sharedBy = new Map<Circumstance, string>();
  const shared = (circumstance: Circumstance) =>
    getOrMake(sharedBy, circumstance, () => {
      const { now, scopes, device } = circumstance;
      return JSON.stringify([now, scopes, asksAboutRisk ? [device.known] : []]);
    });
  return textOfUsersAlike({ policies: decided.flat(), atoms, byNames: isOpen }, (who) => {
    const { groups, results } = who.user;
    const found = positions.map((positionOf) => positionOf(who));
    return (circumstance) => {
      const { place, device, believed, lastSignIn } = circumstance;
      const name = found.map((positionAt) => positionAt(circumstance)).join(';');
      const more = isOpen
        ? JSON.stringify([groups, results, place.label, place.activeLabel, device, believed, lastSignIn])
        : '';
      return `${name} ${shared(circumstance)} ${more}`;
    };
  });
}

/** The rules of the account policy about what a sign-in may enroll. About many authenticators the same rules decide. */
function additionPolicies({ accountPolicy, authenticators }: PolicySet): readonly CompiledPolicy[] {
  if (accountPolicy === undefined) return [];
  const changes = authenticators.flatMap(({ key: of }) => [
    accountPolicy.about({ action: 'add', of }),
    accountPolicy.about({ action: 'change', of }),
  ]);
  return [...new Set(changes)];
}

/** Whether the condition may have another result once the user has proved something. */
export function changesByProofs({ name }: CompiledCondition): boolean {
  return byProofs.includes(name.split('.')[0] ?? name);
}

const byProofs: readonly string[] = conditionsAbout('other', 'evidence');

/** Once the user has filled in what the profile policy asks for. */
export function changesByProfile(policies: Pick<PolicySet, 'profile'>): (set: ConditionSet) => boolean {
  const filledIn = filledInAttributes(policies);
  return (set) => asksAboutAttributes(set, filledIn);
}

/** An expression that reads what the user has filled in may have another result then, whatever else it reads. */
function formulaChangesByProfile(policies: Pick<PolicySet, 'profile'>): (set: ConditionSet) => boolean {
  const changesThere = changesByProfile(policies);
  return ({ expression }) => expression !== undefined && changesThere({ expression });
}

/** Whether the condition may have another result later in the sign-in. */
function leavesThatChange(policies: Pick<PolicySet, 'profile'>): DecidesIn['mayChange'] {
  const byProfile = new Set(filledInAttributes(policies).map((name) => `attributes.${name}`));
  return (condition) => byProfile.has(condition.name) || changesByProofs(condition);
}

interface DecidesIn {
  readonly factsOf: (asked: CircumstanceOfUser) => Facts;
  /** The ids of `UserClass.results`. */
  readonly atoms: readonly string[];
  readonly mayChange: (condition: CompiledCondition) => boolean;
}

/** Which rules decide. Asked once for all users whom the rules do not distinguish. */
function positionsIn(policies: readonly CompiledPolicy<RuleHead>[], decide: DecidesIn): TextOfUser {
  const { factsOf, atoms, mayChange } = decide;
  const each = policies.map((policy) => {
    const open = new Set(policy.rules.flatMap(({ leaves }) => leaves.filter(mayChange)));
    const decidingAt = (facts: Facts) =>
      open.size > 0 ? possibleRules(policy, facts, (leaf) => open.has(leaf)) : positionIn(policy, facts);
    return textOfUsersAlike(
      { policies: [policy], atoms },
      (who) => (circumstance) => decidingAt(factsOf({ ...who, circumstance })),
    );
  });
  const [only, ...others] = each;
  if (only && others.length === 0) return only;
  return textOfUsersAlike({ policies, atoms }, (who) => {
    const found = each.map((positionOf) => positionOf(who));
    return (circumstance) => found.map((positionAt) => positionAt(circumstance)).join();
  });
}

interface ReadOfUsers {
  readonly policies: readonly CompiledPolicy<RuleHead>[];
  /** The ids of `UserClass.results`. */
  readonly atoms: readonly string[];
  /** More may depend on the groups than what the conditions result in. */
  readonly byNames?: boolean;
}

/** Caches a text. Users whom the policies do not distinguish share one function. */
function textOfUsersAlike(read: ReadOfUsers, textOf: TextOfUser): TextOfUser {
  const readBy = readingOf(read);
  // One user after the other is asked about, in all circumstances.
  let last: { readonly user: UserClass; readonly textAt: ReturnType<TextOfUser> } | undefined;
  const byReading = new Map<string, ReturnType<TextOfUser>>();
  const cached = (who: UserAtApp): ReturnType<TextOfUser> => {
    const known = new Map<Circumstance, string>();
    const make = textOf(who);
    return (circumstance) => getOrMake(known, circumstance, () => make(circumstance));
  };
  return (who) => {
    if (last?.user === who.user) return last.textAt;
    const reading = readBy?.(who.user);
    const textAt = reading === undefined ? cached(who) : getOrMake(byReading, reading, () => cached(who));
    last = { user: who.user, textAt };
    return textAt;
  };
}

/** What the policies read of a user. Undefined if they read more than classes of users tell apart. */
function readingOf({ policies, atoms, byNames }: ReadOfUsers): ((user: UserClass) => string) | undefined {
  const reads = policies.map((policy) => userReads(policy, atoms));
  if (reads.includes(undefined)) return undefined;
  const lists = distinct(reads.flatMap((read) => read?.groups ?? []));
  const resultsRead = [...new Set(reads.flatMap((read) => read?.results ?? []))];
  return ({ groups, results }) =>
    JSON.stringify([
      byNames ? groups : lists.map((list) => meetsLists(list, groups)),
      resultsRead.map((at) => results[at]),
    ]);
}

interface UserReads {
  readonly groups: readonly AnyAllNone[];
  /** Positions in `UserClass.results`. */
  readonly results: readonly number[];
}

/**
 * Conditions with the same result for all users: when a compared sign-in begins, they have proved nothing, and nothing
 * is known of former sign-ins.
 */
const notAboutUsers = conditionsAbout('circumstance', 'app', 'scope', 'evidence', 'other');

/** What the rules ask about users. Undefined if they ask for more than classes of users tell apart. */
function userReads({ rules }: CompiledPolicy<RuleHead>, atoms: readonly string[]): UserReads | undefined {
  const sets = rules.flatMap(({ rule }) => conditionSets(rule.when));
  const asked: readonly string[] = [...notAboutUsers, ...aboutUsers, 'groups'];
  if (sets.some((set) => Object.keys(set).some((name) => !asked.includes(name)))) return undefined;
  const results = sets.flatMap(atomIds).map((id) => atoms.indexOf(id));
  return results.includes(-1) ? undefined : { groups: groupConditions(sets), results };
}

function positionIn(policy: CompiledPolicy<RuleHead>, facts: Facts): string {
  const { rule, failed, traces } = findRule(policy, facts);
  if (rule !== undefined) return String(traces.length);
  return failed === undefined ? '-' : `!${traces.length}`;
}

/**
 * What each rule says up to the first that decides, whatever the conditions result in that may change. Of a rule that
 * these decide about, the results of all conditions: where they are equal, the same proofs lead to the same rule.
 */
function possibleRules(policy: CompiledPolicy<RuleHead>, facts: Facts, mayChange: DecidesIn['mayChange']): string {
  return rulesUpToCertain(policy, facts, mayChange)
    .map(({ result, results }) => results ?? result)
    .join(' ');
}

interface PossibleRule<Of extends RuleHead> {
  readonly rule: Of;
  /** `unknown`: conditions that may change decide about it. */
  readonly result: ConditionResult;
  /** Then, what all of its conditions result in now. */
  readonly results?: string;
}

/** Up to the first that decides, whatever the conditions result in that may change. */
export function rulesUpToCertain<Of extends RuleHead>(
  { rules }: CompiledPolicy<Of>,
  facts: Facts,
  mayChange: (condition: CompiledCondition) => boolean,
): readonly PossibleRule<Of>[] {
  const resultOf = (condition: CompiledCondition): ConditionResult => {
    const { alternatives, test } = condition;
    if (alternatives) return oneOfAnywhere(alternatives.map((all) => allOfAnywhere(all.map(resultOf))));
    return mayChange(condition) ? 'unknown' : test(facts);
  };
  const found: PossibleRule<Of>[] = [];
  for (const { rule, conditions, leaves } of rules) {
    const result = allOfAnywhere(conditions.map(resultOf));
    const resultsNow = () => `?${leaves.map(({ test }) => test(facts)).join('+')}`;
    found.push(result === 'unknown' ? { rule, result, results: resultsNow() } : { rule, result });
    if (result === 'hit' || result === 'error') break;
  }
  return found;
}

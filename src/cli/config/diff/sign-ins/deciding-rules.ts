/**
 * Identifies the rules that decide about the sign-ins to one app under one configuration. A policy is asked once for
 * all users and circumstances that its rules do not distinguish: with 200 policies and hundreds of classes of users,
 * asking it about each of them would take most of the time of a diff.
 */
import type { ConditionSet } from '../../../../core/model/conditions.ts';
import type { Facts } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import { conditionSets, conditionsAbout } from '../../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import { signInConditions } from '../../../../core/queries/sign-in-conditions.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { Circumstance } from './circumstances.ts';
import { aboutUsers, atomIds, groupsNamed, type UserClass } from './user-classes.ts';

export interface CircumstanceOfUser {
  readonly clientId: string;
  readonly user: UserClass;
  readonly circumstance: Circumstance;
}

/**
 * Returns a function that names the deciding rules. If the decision depends on more than rules, the name includes
 * everything else that it may depend on, except the user's enrollments. `atoms`: the ids of `UserClass.results`.
 */
export function decidingRuleNames(
  policies: PolicySet,
  factsOf: (asked: CircumstanceOfUser) => Facts,
  atoms: readonly string[] = [],
): (asked: CircumstanceOfUser) => string {
  const { session, app, enrollment, profile, password, recovery } = policies;
  const before = enrollment && beforeSignIn(enrollment);
  const all = [session, app, before, enrollment, profile, password, recovery, ...additionPolicies(policies)];
  const decided = all.filter((policy) => policy !== undefined);
  const positions = new Map(decided.map((policy) => [policy, positionsIn(policy, factsOf, atoms)]));
  // Risk counts once something is proved, and until then no rule tells a new device from a known one by it.
  const asksAboutRisk = signInConditions(policies).some(({ risk }) => risk !== undefined);
  const isAccountOpen =
    policies.accountPolicy?.rules.some(({ when }) => conditionSets(when).some(changesLater)) === true;
  const sharedBy = new Map<Circumstance, string>();
  const shared = (circumstance: Circumstance) =>
    getOrMake(sharedBy, circumstance, () => {
      const { now, scopes, device } = circumstance;
      return JSON.stringify([now, scopes, asksAboutRisk ? [device.known] : []]);
    });
  const named = (asked: CircumstanceOfUser): string => {
    const found = decided.map((policy) => positions.get(policy)?.(asked) ?? '');
    const { user, circumstance } = asked;
    const { place, device, believed } = circumstance;
    const isOpen = isAccountOpen || found.some((position) => position.startsWith('?'));
    const more = isOpen
      ? JSON.stringify([user.groups, user.results, place.label, place.activeLabel, device, believed])
      : '';
    return `${found.join()} ${shared(circumstance)} ${more}`;
  };
  const known = byUsersAlike(decided, atoms);
  return (asked) => getOrMake(known(asked.user), asked.circumstance, () => named(asked));
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

/** The condition may have another result once the user has proved something. */
function changesLater(set: ConditionSet): boolean {
  return conditionsAbout('other', 'evidence').some((name) => set[name] !== undefined);
}

type PositionOf = (asked: CircumstanceOfUser) => string;

/** The position of the rule that decides. Asked once for all users whom the rules do not distinguish. */
function positionsIn(
  policy: CompiledPolicy<RuleHead>,
  factsOf: (asked: CircumstanceOfUser) => Facts,
  atoms: readonly string[],
): PositionOf {
  const known = byUsersAlike([policy], atoms);
  return (asked) => getOrMake(known(asked.user), asked.circumstance, () => positionIn(policy, factsOf(asked)));
}

/** A cache for each user. It is shared by users whom the policies do not distinguish. */
function byUsersAlike(
  policies: readonly CompiledPolicy<RuleHead>[],
  atoms: readonly string[],
): (user: UserClass) => Map<Circumstance, string> {
  const reads = policies.map((policy) => userReads(policy, atoms));
  const isOpen = reads.includes(undefined);
  const groupsRead = new Set(reads.flatMap((read) => [...(read?.groups ?? [])]));
  const resultsRead = [...new Set(reads.flatMap((read) => read?.results ?? []))];
  const nothing = () => new Map<Circumstance, string>();
  const byUser = new WeakMap<UserClass, Map<Circumstance, string>>();
  const byReading = new Map<string, Map<Circumstance, string>>();
  const ofAll = ({ subject, results }: UserClass) => {
    const groups = groupsRead.size === 0 ? [] : subject.groups.filter((group) => groupsRead.has(group)).sort();
    const read = resultsRead.map((at) => results[at]);
    const key = groups.length + read.length === 0 ? '' : JSON.stringify([groups, read]);
    return getOrMake(byReading, key, nothing);
  };
  return (user) => getOrMake(byUser, user, () => (isOpen ? nothing() : ofAll(user)));
}

interface UserReads {
  readonly groups: ReadonlySet<string>;
  /** Positions in `UserClass.results`. */
  readonly results: readonly number[];
}

/** Conditions with the same result for all users. */
const notAboutUsers = conditionsAbout('circumstance', 'app', 'scope');

/** What the rules ask about users. Undefined if they ask for more than classes of users tell apart. */
function userReads({ rules }: CompiledPolicy<RuleHead>, atoms: readonly string[]): UserReads | undefined {
  const sets = rules.flatMap(({ rule }) => conditionSets(rule.when));
  const asked: readonly string[] = [...notAboutUsers, ...aboutUsers, 'groups'];
  if (sets.some((set) => Object.keys(set).some((name) => !asked.includes(name)))) return undefined;
  const results = sets.flatMap(atomIds).map((id) => atoms.indexOf(id));
  return results.includes(-1) ? undefined : { groups: groupsNamed(sets), results };
}

function positionIn(policy: CompiledPolicy<RuleHead>, facts: Facts): string {
  const { rule, failed, undecided, traces } = findRule(policy, facts);
  if (rule !== undefined) return String(traces.length);
  if (failed !== undefined) return `!${traces.length}`;
  return undecided ? `?${traces.length}` : '-';
}

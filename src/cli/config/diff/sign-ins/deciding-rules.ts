/**
 * Identifies the rules that decide about the sign-ins to one app under one configuration. A policy is asked once for
 * all users and circumstances that its rules do not distinguish: with 200 policies and hundreds of classes of users,
 * asking it about each of them would take most of the time of a diff.
 */
import type { Facts } from '../../../../core/model/facts.ts';
import type { RuleHead } from '../../../../core/model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../../core/policy/rules/compile.ts';
import { conditionSets, conditionsAbout } from '../../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../../core/policy/rules/rules.ts';
import { signInConditions } from '../../../../core/queries/sign-in-conditions.ts';
import { getOrMake } from '../../../shared/values/get-or-make.ts';
import type { Circumstance } from './circumstances.ts';
import type { UserClass } from './user-classes.ts';

export interface CircumstanceOfUser {
  readonly user: UserClass;
  readonly circumstance: Circumstance;
}

/**
 * Returns a function that names the deciding rules. If the decision depends on more than rules, the name includes
 * everything else that it may depend on, except the user's enrollments.
 */
export function decidingRuleNames(
  policies: PolicySet,
  factsOf: (asked: CircumstanceOfUser) => Facts,
): (asked: CircumstanceOfUser) => string {
  const { session, app, enrollment, profile, password, recovery, accountPolicy } = policies;
  const before = enrollment && beforeSignIn(enrollment);
  const all = [session, app, before, enrollment, profile, password, recovery];
  const positions = new Map(all.flatMap((policy) => (policy ? [[policy, positionsIn(policy, factsOf)] as const] : [])));
  // Risk counts once something is proved, and until then no rule tells a new device from a known one by it.
  const asksAboutRisk = signInConditions(policies).some(({ risk }) => risk !== undefined);
  const named = ({ user, circumstance }: CircumstanceOfUser): string => {
    const found = all.map((policy) => (policy && positions.get(policy)?.({ user, circumstance })) ?? '');
    const { now, scopes, place, device, believed } = circumstance;
    const later = asksAboutRisk ? [device.known] : [];
    const isOpen = accountPolicy !== undefined || found.some((position) => position.startsWith('?'));
    const more = isOpen ? [user.groups, user.results, place.label, place.activeLabel, device, believed] : [];
    return JSON.stringify([found, now, scopes, later, ...more]);
  };
  const known = byUsersAlike([...positions.keys()], ({ groups, results }) => [groups, results]);
  return (asked) => getOrMake(known(asked.user), asked.circumstance, () => named(asked));
}

type PositionOf = (asked: CircumstanceOfUser) => string;

/** The position of the rule that decides. Asked once for all users whom the rules do not distinguish. */
function positionsIn(policy: CompiledPolicy<RuleHead>, factsOf: (asked: CircumstanceOfUser) => Facts): PositionOf {
  const known = byUsersAlike([policy], () => []);
  return (asked) => getOrMake(known(asked.user), asked.circumstance, () => positionIn(policy, factsOf(asked)));
}

/** A cache for each user. It is shared by users whom the policies do not distinguish and who have the same `more`. */
function byUsersAlike(
  policies: readonly CompiledPolicy<RuleHead>[],
  more: (user: UserClass) => readonly unknown[],
): (user: UserClass) => Map<Circumstance, string> {
  const lists = policies.map(groupsRead);
  const isPlain = !lists.includes(undefined);
  const read = new Set(lists.flatMap((groups) => [...(groups ?? [])]));
  const nothing = () => new Map<Circumstance, string>();
  const byUser = new WeakMap<UserClass, Map<Circumstance, string>>();
  const byReading = new Map<string, Map<Circumstance, string>>();
  const ofAll = (user: UserClass) => {
    const groups = user.subject.groups.filter((group) => read.has(group)).sort();
    return getOrMake(byReading, JSON.stringify([groups, ...more(user)]), nothing);
  };
  return (user) => getOrMake(byUser, user, () => (isPlain ? ofAll(user) : nothing()));
}

/** Conditions with the same result for all users. */
const notAboutUsers = conditionsAbout('circumstance', 'app', 'scope');

/** The groups that the rules name. Undefined if the rules ask about more than a user's groups. */
function groupsRead({ rules }: CompiledPolicy<RuleHead>): ReadonlySet<string> | undefined {
  const sets = rules.flatMap(({ rule }) => conditionSets(rule.when));
  const plain: readonly string[] = [...notAboutUsers, 'groups'];
  if (sets.some((set) => Object.keys(set).some((name) => !plain.includes(name)))) return undefined;
  return new Set(sets.flatMap(({ groups: { any = [], all = [], none = [] } = {} }) => [...any, ...all, ...none]));
}

function positionIn(policy: CompiledPolicy<RuleHead>, facts: Facts): string {
  const { rule, failed, undecided, traces } = findRule(policy, facts);
  if (rule !== undefined) return String(traces.length);
  if (failed !== undefined) return `!${traces.length}`;
  return undecided ? `?${traces.length}` : '-';
}

/**
 * Finds fresh sign-ins that the rules do not distinguish, so that one represents all: 1,000 apps, 60 groups and 20
 * zones make more than a million, but rules distinguish only a few ten thousand.
 */
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { Facts } from '../../../core/model/facts.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionsAbout } from '../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import { identifierPageSecret } from '../../../core/queries/identifier-page-secret.ts';
import { everyCondition } from '../../../core/queries/sign-in-conditions.ts';
import type { App } from '../../../policy/model/app.ts';
import { appClasses } from '../../../policy/revision/equivalent-apps.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';

/** Identifies the class of an app's sign-ins: at apps of one class, equal sign-ins are asked for the same. */
export type AppClass = (app: App, request: Facts['request']) => Promise<string>;

/** The returned function rejects if a policy cannot be read. */
export function signInClasses(snapshot: Snapshot): AppClass {
  const classOf = appClasses((app) => snapshot.policies(app));
  return async (app, { clientId: _, ...request }) => {
    const { consent, identifierFirst, isAccountApp } = await snapshot.policies(app);
    return JSON.stringify([
      await classOf(app),
      consent ?? null,
      identifierFirst ?? null,
      isAccountApp ?? null,
      request,
    ]);
  };
}

/** Which of these names the rules of an app read. */
export type ReadNames = (names: readonly string[]) => string;

/** `condition`: the one that reads them. A rule with a formula may read all of them. */
export function namesRead(policies: PolicySet, condition: 'groups' | 'network'): ReadNames {
  const sets = everyCondition(policies);
  const lists = sets.map((set) => set[condition] ?? {});
  const named = new Set(lists.flatMap(({ any = [], all = [], none = [] }) => [...any, ...all, ...none]));
  const isAll = !isTransparent(sets);
  return (names) => JSON.stringify(names.filter((name) => isAll || named.has(name)).sort());
}

/** Conditions that affect only which rules decide. Device and time are not among them, because answers vary these. */
const onlyChoosing: readonly string[] = ['groups', 'network', ...conditionsAbout('app', 'scope')];

/**
 * Identifies what decides the fresh sign-ins of one user, or of users who differ only in their groups: the rules, and
 * the secret on the first page. Undefined if more than that may decide.
 */
export function whatDecides(policies: PolicySet): (facts: Facts) => string | undefined {
  const { session, app, enrollment, profile, password, recovery, accountPolicy } = policies;
  const isOnlyChosen = everyCondition(policies).every((set) =>
    Object.keys(set).every((name) => onlyChoosing.includes(name)),
  );
  if (accountPolicy !== undefined || !isOnlyChosen) return () => undefined;
  const all = [session, app, enrollment && beforeSignIn(enrollment), enrollment, profile, password, recovery];
  return (facts) => {
    const positions = all.map((policy) => (policy === undefined ? '' : positionIn(policy, facts)));
    if (positions.includes(undefined)) return undefined;
    const { subject: _, ...anonymous } = facts;
    return JSON.stringify([positions, identifierPageSecret(policies, anonymous) ?? null]);
  };
}

/** Position of the deciding rule. Undefined if it is not known yet. */
function positionIn(policy: CompiledPolicy<RuleHead>, facts: Facts): number | undefined {
  const { rule, undecided, failed, traces } = findRule(policy, facts);
  if (undecided || failed !== undefined) return undefined;
  return rule === undefined ? -1 : traces.length;
}

function isTransparent(sets: readonly ConditionSet[]): boolean {
  return sets.every(({ expression }) => expression === undefined);
}

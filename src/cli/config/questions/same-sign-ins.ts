/**
 * Finds fresh sign-ins that the rules do not distinguish, so that one stands for all: 1,000 apps, 60 groups and 20
 * zones are more than a million, and rules distinguish a few ten thousand.
 */
import type { ConditionSet } from '../../../core/model/conditions.ts';
import type { Facts } from '../../../core/model/facts.ts';
import type { RuleHead } from '../../../core/model/policy.ts';
import { beforeSignIn, type CompiledPolicy, type PolicySet } from '../../../core/policy/rules/compile.ts';
import { conditionSets, conditionsAbout } from '../../../core/policy/rules/condition-table.ts';
import { findRule } from '../../../core/policy/rules/rules.ts';
import { identifierPageSecret } from '../../../core/queries/identifier-page-secret.ts';
import type { App } from '../../../policy/model/app.ts';
import { appClasses } from '../../../policy/revision/equivalent-apps.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';

/** Names the class of the sign-ins of an app: to apps of one class, sign-ins that are alike ask for the same. */
export type AppClass = (app: App, request: Facts['request']) => Promise<string>;

/** Rejects when a policy cannot be read. */
export function signInClasses(snapshot: Snapshot): AppClass {
  const classOf = appClasses((app) => snapshot.policies(app));
  return async (app, { clientId, ...request }) => {
    const policies = await snapshot.policies(app);
    const { consent, identifierFirst, account } = policies;
    const isNamed = !isTransparent(everyCondition(policies));
    return JSON.stringify([
      await classOf(app),
      consent ?? null,
      identifierFirst ?? null,
      account ?? null,
      request,
      isNamed ? clientId : null,
    ]);
  };
}

/** What the rules of an app read of groups or zones: of these names, those that some rule has. */
export type ReadNames = (names: readonly string[]) => string;

/** `condition`: the one that reads them. Where a rule has a formula, it may read all of them. */
export function namesRead(policies: PolicySet, condition: 'groups' | 'network'): ReadNames {
  const sets = everyCondition(policies);
  const lists = sets.map((set) => set[condition] ?? {});
  const named = new Set(lists.flatMap(({ any = [], all = [], none = [] }) => [...any, ...all, ...none]));
  const isAll = !isTransparent(sets);
  return (names) => JSON.stringify(names.filter((name) => isAll || named.has(name)).sort());
}

/** What these ask about changes nothing but which rules decide. Not so device and time, which answers vary. */
const onlyChoosing: readonly string[] = ['groups', 'network', ...conditionsAbout('app', 'scope')];

/**
 * Names what decides over fresh sign-ins of one user, or of users who differ in their groups alone: the rules, and the
 * secret that the first page asks for. Undefined: more than that may decide.
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

/** Position of the rule that decides. Undefined: not known yet, or undecided. */
function positionIn(policy: CompiledPolicy<RuleHead>, facts: Facts): number | undefined {
  const { rule, undecided, failed, traces } = findRule(policy, facts);
  if (undecided || failed !== undefined) return undefined;
  return rule === undefined ? -1 : traces.length;
}

function isTransparent(sets: readonly ConditionSet[]): boolean {
  return sets.every(({ expression }) => expression === undefined);
}

/** The conditions of all rules that may decide about a sign-in. */
function everyCondition(policies: PolicySet): readonly ConditionSet[] {
  const { session, app, enrollment, profile, password, recovery, accountPolicy } = policies;
  const compiled: readonly (CompiledPolicy<RuleHead> | undefined)[] = [
    session,
    app,
    enrollment,
    profile,
    password,
    recovery,
  ];
  const rules = compiled.flatMap((policy) => policy?.rules.map(({ rule }) => rule) ?? []);
  return [...rules, ...(accountPolicy?.rules ?? [])].flatMap(({ when }) => conditionSets(when));
}

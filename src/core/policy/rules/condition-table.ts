/**
 * The table of conditions, and the conditions of one rule as closures. A new condition is one file in `conditions/` and
 * one line here.
 */
import type { ConditionName, ConditionOf, ConditionResult, ConditionSet, Conditions } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import type { ConditionAbout, ConditionDescriptor, ConditionTest } from '../condition-descriptor.ts';
import { allOf, allOfAnywhere, anyOf, oneOfAnywhere } from '../condition-result.ts';
import { accountAgeCondition } from '../conditions/account-age.ts';
import { appsCondition } from '../conditions/apps.ts';
import { attributesCondition } from '../conditions/attributes.ts';
import { authenticatedCondition } from '../conditions/authenticated.ts';
import { claimsCondition } from '../conditions/claims.ts';
import { deviceCondition } from '../conditions/device.ts';
import { distanceCondition } from '../conditions/distance.ts';
import { expressionCondition } from '../conditions/expression.ts';
import { groupsCondition } from '../conditions/groups.ts';
import { lastSignInCondition } from '../conditions/last-sign-in.ts';
import { networkCondition } from '../conditions/network.ts';
import { recoveredCondition } from '../conditions/recovered.ts';
import { riskCondition } from '../conditions/risk.ts';
import { scopesCondition } from '../conditions/scopes.ts';
import { timeCondition } from '../conditions/time.ts';
import { userTypeCondition } from '../conditions/user-type.ts';
import { usersCondition } from '../conditions/users.ts';
import { hasUnknownPart } from '../theories/expression-theory.ts';

/** By name, in the order of traces. */
export const conditionDescriptors: { readonly [Name in ConditionName]: ConditionDescriptor<Name> } = {
  users: usersCondition,
  groups: groupsCondition,
  userType: userTypeCondition,
  network: networkCondition,
  device: deviceCondition,
  apps: appsCondition,
  scopes: scopesCondition,
  claims: claimsCondition,
  time: timeCondition,
  accountAge: accountAgeCondition,
  lastSignIn: lastSignInCondition,
  risk: riskCondition,
  distance: distanceCondition,
  recovered: recoveredCondition,
  authenticated: authenticatedCondition,
  attributes: attributesCondition,
  expression: expressionCondition,
};

const conditionNames = Object.keys(conditionDescriptors) as readonly ConditionName[];

/** Names of the conditions that ask about one of these things, in the order of the table. */
export function conditionsAbout(...asked: readonly ConditionAbout[]): readonly ConditionName[] {
  return conditionNames.filter((name) => asked.includes(conditionDescriptors[name].about));
}

/** Names of the conditions about the past of an account, which counts only once something is proved. */
export const conditionsOnceProved: readonly ConditionName[] = conditionNames.filter(
  (name) => conditionDescriptors[name].onceProved,
);

/** One compiled test, with whether its result varies. */
export interface CompiledCondition extends ConditionTest {
  /** As in the descriptor. For `any`: whether one of its conditions varies. */
  readonly varies: boolean;
  /** The alternatives of `any`. An alternative holds if all of its conditions hold. */
  readonly alternatives?: readonly (readonly CompiledCondition[])[];
}

/**
 * Compiles the conditions of one rule, which must all hold. If there are none, the list is empty and the rule always
 * applies. `any` comes last.
 * @throws TypeError for an unknown condition, because leaving it out would widen the rule
 * @throws RangeError for a time zone that does not exist
 */
export function compileConditions({ any, ...when }: Conditions): readonly CompiledCondition[] {
  return [...compileSet(when), ...(any === undefined ? [] : [compileAny(any.map(compileSet))])];
}

/** The result that a condition has at every sign-in of the user to this app, or `unknown` if it varies. */
export function resultAnywhere({ varies, test, alternatives }: CompiledCondition, facts: Facts): ConditionResult {
  if (alternatives === undefined) return varies ? 'unknown' : test(facts);
  return oneOfAnywhere(
    alternatives.map((all) => allOfAnywhere(all.map((condition) => resultAnywhere(condition, facts)))),
  );
}

/** Conditions without parts, in the order in which a trace lists them. */
export function leavesOf(conditions: readonly CompiledCondition[]): readonly CompiledCondition[] {
  return conditions.flatMap((condition) => condition.alternatives?.flat() ?? [condition]);
}

/** The conditions outside `any`, followed by those of each alternative. */
export function conditionSets({ any = [], ...when }: Conditions): readonly ConditionSet[] {
  return [when, ...any];
}

/** A formula is among the conditions. */
export function hasExpression(when: Conditions): boolean {
  return conditionSets(when).some(({ expression }) => expression !== undefined);
}

/** A formula among the conditions may fail. A failed condition denies (Law 4). */
export function mayFail(when: Conditions): boolean {
  return conditionSets(when).some(({ expression }) => expression !== undefined && hasUnknownPart(expression.logic));
}

/** The rule asks how the user signed in, at least in one alternative. */
export function asksHowSignedIn(when: Conditions): boolean {
  return conditionSets(when).some(({ authenticated }) => authenticated !== undefined);
}

function compileAny(alternatives: readonly (readonly CompiledCondition[])[]): CompiledCondition {
  return {
    name: 'any',
    test: (facts) => anyOf(alternatives.map((all) => allOf(all.map(({ test }) => test(facts))))),
    varies: alternatives.flat().some(({ varies }) => varies),
    alternatives,
  };
}

function compileSet(when: ConditionSet): readonly CompiledCondition[] {
  const unknown = Object.keys(when).find((key) => !Object.hasOwn(conditionDescriptors, key));
  if (unknown !== undefined) throw new TypeError(`unknown condition: ${unknown}`);
  return conditionNames.flatMap((name) => compileOne(name, when));
}

function compileOne<Name extends ConditionName>(name: Name, when: ConditionSet): readonly CompiledCondition[] {
  const condition = when[name];
  if (condition === undefined) return [];
  const { compile, varies }: ConditionDescriptor<Name> = conditionDescriptors[name];
  return compile(condition as ConditionOf<Name>).map((test) => ({ varies, ...test }));
}

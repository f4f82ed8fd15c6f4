/**
 * The table of conditions, and the conditions of one rule as closures. A new condition is one file in `conditions/` and
 * one line here.
 */
import type { ConditionName, ConditionOf, ConditionResult, ConditionSet, Conditions } from '../../model/conditions.ts';
import type { Facts } from '../../model/facts.ts';
import type { ConditionAbout, ConditionDescriptor, ConditionTest } from '../condition-descriptor.ts';
import { allOf, allOfAnywhere, oneOf, oneOfAnywhere } from '../condition-result.ts';
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

/** By name, in the order in which traces list them. */
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

/** Names of the conditions that ask about one of these, in the order of the table. */
export function conditionsAbout(...asked: readonly ConditionAbout[]): readonly ConditionName[] {
  return conditionNames.filter((name) => asked.includes(conditionDescriptors[name].about));
}

/** A test of a condition, with whether the condition varies. */
export interface CompiledCondition extends ConditionTest {
  /** As in the descriptor. Of `any`: one of its conditions varies. */
  readonly varies: boolean;
  /** Of `any`: its alternatives. Each holds when all its conditions do. */
  readonly alternatives?: readonly (readonly CompiledCondition[])[];
}

/**
 * Compiles the conditions of one rule; all of them must hold. Without a condition the list is empty, and the rule
 * always applies. `any` comes last.
 * @throws TypeError for an unknown condition: to leave it out would widen the rule
 * @throws RangeError for a time zone that does not exist
 */
export function compileConditions({ any, ...when }: Conditions): readonly CompiledCondition[] {
  return [...compileSet(when), ...(any === undefined ? [] : [compileAny(any.map(compileSet))])];
}

/** The result of a condition wherever and whenever the user signs in to the app: `unknown` where that varies. */
export function resultAnywhere({ varies, test, alternatives }: CompiledCondition, facts: Facts): ConditionResult {
  if (alternatives === undefined) return varies ? 'unknown' : test(facts);
  return oneOfAnywhere(alternatives.map((all) => allOfAnywhere(all.map((one) => resultAnywhere(one, facts)))));
}

/** Conditions without parts, in the order in which a trace lists them. */
export function leavesOf(conditions: readonly CompiledCondition[]): readonly CompiledCondition[] {
  return conditions.flatMap((condition) => condition.alternatives?.flat() ?? [condition]);
}

/** The conditions beside `any`, and those of each alternative. */
export function conditionSets({ any = [], ...when }: Conditions): readonly ConditionSet[] {
  return [when, ...any];
}

/** A formula in them may fail, and a condition that fails denies (Law 4). */
export function mayFail(when: Conditions): boolean {
  return conditionSets(when).some(({ expression }) => expression !== undefined && hasUnknownPart(expression.logic));
}

/** The rule asks how the user signed in, if only in one alternative. */
export function asksHowSignedIn(when: Conditions): boolean {
  return conditionSets(when).some(({ authenticated }) => authenticated !== undefined);
}

function compileAny(alternatives: readonly (readonly CompiledCondition[])[]): CompiledCondition {
  return {
    name: 'any',
    test: (facts) => oneOf(alternatives.map((all) => allOf(all.map(({ test }) => test(facts))))),
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

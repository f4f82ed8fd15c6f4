/**
 * The table of conditions, and the conditions of one rule as closures. A new condition is one file in `conditions/` and
 * one line here.
 */
import type { ConditionName, ConditionOf, Conditions } from '../model/conditions.ts';
import type { ConditionDescriptor, ConditionTest } from './condition-descriptor.ts';
import { appsCondition } from './conditions/apps.ts';
import { attributesCondition } from './conditions/attributes.ts';
import { authenticatedCondition } from './conditions/authenticated.ts';
import { claimsCondition } from './conditions/claims.ts';
import { deviceCondition } from './conditions/device.ts';
import { groupsCondition } from './conditions/groups.ts';
import { networkCondition } from './conditions/network.ts';
import { recoveredCondition } from './conditions/recovered.ts';
import { scopesCondition } from './conditions/scopes.ts';
import { timeCondition } from './conditions/time.ts';
import { userTypeCondition } from './conditions/user-type.ts';
import { usersCondition } from './conditions/users.ts';

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
  recovered: recoveredCondition,
  authenticated: authenticatedCondition,
  attributes: attributesCondition,
};

const conditionNames = Object.keys(conditionDescriptors) as readonly ConditionName[];

/** A test of a condition, with whether the condition varies. */
export interface CompiledCondition extends ConditionTest {
  /** As in the descriptor. */
  readonly varies: boolean;
}

/**
 * Compiles the conditions of one rule; all of them must hold. Without a condition the list is empty, and the rule
 * always applies.
 * @throws TypeError for an unknown condition: to leave it out would widen the rule
 * @throws RangeError for a time zone that does not exist
 */
export function compileConditions(when: Conditions): readonly CompiledCondition[] {
  const unknown = Object.keys(when).find((key) => !Object.hasOwn(conditionDescriptors, key));
  if (unknown !== undefined) throw new TypeError(`unknown condition: ${unknown}`);
  return conditionNames.flatMap((name) => compileOne(name, when));
}

function compileOne<Name extends ConditionName>(name: Name, when: Conditions): readonly CompiledCondition[] {
  const condition = when[name];
  if (condition === undefined) return [];
  const { compile, varies }: ConditionDescriptor<Name> = conditionDescriptors[name];
  return compile(condition as ConditionOf<Name>).map((test) => ({ ...test, varies }));
}

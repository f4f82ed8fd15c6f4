/**
 * `when`: the conditions of a rule as they are written in a file. Comes out as `Conditions` of the core. A new
 * condition is one file in `conditions/` and one line here.
 */
import type { z } from 'zod';
import type { ConditionName, Conditions } from '../../core/model/conditions.ts';
import type { ExactOptional } from '../../core/model/omit-undefined.ts';
import { appsSchema } from './conditions/apps.ts';
import { attributesSchema } from './conditions/attributes.ts';
import { claimsSchema } from './conditions/claims.ts';
import { deviceSchema } from './conditions/device.ts';
import { groupsSchema } from './conditions/groups.ts';
import { networkSchema } from './conditions/network.ts';
import { recoveredSchema } from './conditions/recovered.ts';
import { scopesSchema } from './conditions/scopes.ts';
import { timeSchema } from './conditions/time.ts';
import { userTypeSchema } from './conditions/user-type.ts';
import { usersSchema } from './conditions/users.ts';
import { closedNotEmpty } from './fields.ts';

const conditionSchemas = {
  users: usersSchema,
  groups: groupsSchema,
  userType: userTypeSchema,
  network: networkSchema,
  device: deviceSchema,
  apps: appsSchema,
  scopes: scopesSchema,
  claims: claimsSchema,
  time: timeSchema,
  recovered: recoveredSchema,
  attributes: attributesSchema,
} satisfies { readonly [Name in ConditionName]: z.ZodType<unknown> };

export const conditionsSchema = closedNotEmpty(conditionSchemas)
  .describe('All of these must hold. Without `when` the rule always applies.')
  .transform((when): Conditions => when as ExactOptional<typeof when>);

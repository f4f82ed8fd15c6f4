/**
 * `when`: the conditions of a rule as they are written in a file. Comes out as `Conditions` of the core. A new
 * condition is one file in `conditions/` and one line here.
 */
import { z } from 'zod';
import type { ConditionName, Conditions } from '../../../core/model/conditions.ts';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import { accountAgeSchema } from '../conditions/account-age.ts';
import { appsSchema } from '../conditions/apps.ts';
import { attributesSchema } from '../conditions/attributes.ts';
import { authenticatedSchema } from '../conditions/authenticated.ts';
import { claimsSchema } from '../conditions/claims.ts';
import { deviceSchema } from '../conditions/device.ts';
import { distanceSchema } from '../conditions/distance.ts';
import { expressionSchema } from '../conditions/expression.ts';
import { groupsSchema } from '../conditions/groups.ts';
import { lastSignInSchema } from '../conditions/last-sign-in.ts';
import { networkSchema } from '../conditions/network.ts';
import { recoveredSchema } from '../conditions/recovered.ts';
import { riskSchema } from '../conditions/risk.ts';
import { scopesSchema } from '../conditions/scopes.ts';
import { timeSchema } from '../conditions/time.ts';
import { userTypeSchema } from '../conditions/user-type.ts';
import { usersSchema } from '../conditions/users.ts';
import { closedNotEmpty, listOf } from '../fields/fields.ts';

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
  accountAge: accountAgeSchema,
  lastSignIn: lastSignInSchema,
  risk: riskSchema,
  distance: distanceSchema,
  recovered: recoveredSchema,
  authenticated: authenticatedSchema,
  attributes: attributesSchema,
  expression: expressionSchema,
} satisfies { readonly [Name in ConditionName]: z.ZodType<unknown> };

const always = 'All of these must hold. Without `when` the rule always applies.';

/** Adds `any`: alternatives, each a set of these very conditions. */
export function withAlternatives<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const alternative = closedNotEmpty(shape).describe('All of these must hold.');
  return closedNotEmpty({
    ...shape,
    any: listOf(alternative)
      .refine((list) => list.length !== 1, { error: 'has one alternative only: write its conditions without `any`' })
      .refine((list) => list.length <= 20, { error: 'must have at most 20 alternatives' })
      .optional()
      .describe('At least one of these must hold, in addition to the conditions outside `any`.'),
  });
}

/** For rules about what happens once the user has signed in: of enrollment and profile policies. */
export const conditionsAfterSignInSchema = withAlternatives(conditionSchemas)
  .describe(always)
  .transform((when): Conditions => when as ExactOptional<typeof when>);

const afterSignInOnly =
  'means nothing here: these rules decide before it is known how the user signs in. Rules of enrollment and profile policies may ask for it';

/** For all other rules about users. */
export const conditionsSchema = withAlternatives({
  ...conditionSchemas,
  authenticated: z.never({ error: afterSignInOnly }).optional().describe('In enrollment and profile rules only.'),
})
  .describe(always)
  .transform(({ any, ...when }): Conditions => {
    return { ...withoutRefused(when), ...(any && { any: any.map(withoutRefused) }) };
  });

/** The type of what is refused is in the way of the types of the core. */
function withoutRefused<When extends { readonly authenticated?: undefined }>({ authenticated: _, ...when }: When) {
  return when as ExactOptional<typeof when>;
}

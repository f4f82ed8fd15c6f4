/** `policies/service/*.yaml`: when services may have tokens. Comes out as rules of the core. */

import { z } from 'zod';
import type { Conditions } from '../../../core/model/conditions.ts';
import type { ExactOptional } from '../../../core/model/omit-undefined.ts';
import type { ServiceRule } from '../../../core/model/service-policy.ts';
import { appsSchema } from '../conditions/apps.ts';
import { networkSchema } from '../conditions/network.ts';
import { scopesSchema } from '../conditions/scopes.ts';
import { timeSchema } from '../conditions/time.ts';
import { closed, key } from '../fields/fields.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { withAlternatives } from './condition-table.ts';

/** What can be said of a request without a user and a browser. */
const conditions = withAlternatives({
  network: networkSchema,
  apps: appsSchema,
  scopes: scopesSchema,
  time: timeSchema,
})
  .describe('All of these must hold. Without `when` the rule always applies. No condition on users: there is none.')
  .transform((when): Conditions => when as ExactOptional<typeof when>);

const rule = closed({
  ...reportingRuleHead,
  when: conditions.optional(),
  then: z.enum(['allow', 'deny']).describe('Whether the service gets a token.'),
}).transform(
  ({ name, when = {}, then, ...switches }): ServiceRule => ({
    name,
    ...switchesOf(switches),
    when,
    then: { kind: then },
  }),
);

export const servicePolicySchema = closed({
  ...policySwitch,
  name: key.describe('Apps refer to the policy by this name. `default` is for all services that name none.'),
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
}).describe('Service policy of one or more apps: when they may have tokens as themselves.');

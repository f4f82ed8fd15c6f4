/** `policies/recovery.yaml`: what a user who forgot the password proves. Comes out as `Policy` of the core. */

import { z } from 'zod';
import type { Policy, Rule } from '../../../core/model/policy.ts';
import { closed } from '../fields/fields.ts';
import { requirementSchema } from '../fields/requirement.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsSchema } from './condition-table.ts';

const then = z.union(
  [
    z.literal('deny').describe('These users cannot recover their password by themselves.'),
    closed({ allow: requirementSchema.describe('A user who proves this in the recovery sets a new password.') }),
  ],
  { error: 'must be `deny`, or `allow:` with what must be proved' },
);

const rule = closed({
  ...reportingRuleHead,
  when: conditionsSchema.optional(),
  then: then.describe('What follows when the conditions hold.'),
}).transform(
  ({ name, when = {}, then: outcome, ...switches }): Rule => ({
    name,
    ...switchesOf(switches),
    when,
    then: outcome === 'deny' ? { kind: 'deny' } : { kind: 'allow', requirement: outcome.allow },
  }),
);

export const recoveryPolicySchema = closed({
  ...policySwitch,
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
})
  .describe('Recovery policy: what a user who forgot the password proves. Without this file no password is recovered.')
  .transform(({ rules }): Policy => ({ name: 'recovery', rules }));

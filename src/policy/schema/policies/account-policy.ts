/**
 * `policies/account.yaml`: what a user proves to add, change or remove which authenticator or identifier. Comes out as
 * `AccountPolicy` of the core.
 */
import { z } from 'zod';
import type { AccountPolicy, AccountRule, ChangeAction, ChangesNamed } from '../../../core/model/account-policy.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import { changedName, closed, closedNotEmpty, listOf } from '../fields/fields.ts';
import { requirementSchema } from '../fields/requirement.ts';
import { policySwitch, reportingRuleHead, switchesOf } from '../fields/rule-head.ts';
import { conditionsSchema } from './condition-table.ts';

const named = (action: string) =>
  z
    .union([z.literal('all'), listOf(changedName)], {
      error: 'must be `all`, or a list of authenticators and identifiers',
    })
    .optional()
    .describe(`Authenticators, \`email\`, \`phone\` and \`username\` that are ${action}, or \`all\`.`);

const fields = {
  add: named('added'),
  change: named('changed, such as a new password or another address'),
  remove: named('removed'),
} satisfies Record<ChangeAction, z.ZodType>;

const change = closedNotEmpty(fields)
  .describe('The changes that the rule is about. Without it: all.')
  .transform((input): ChangesNamed => omitUndefined(input));

const then = z.union(
  [
    z.literal('deny').describe('Users do not make these changes themselves.'),
    closed({
      allow: requirementSchema.describe(
        'A user who proves this makes the change. All that the account can prove is asked for in any case.',
      ),
    }),
  ],
  { error: 'must be `deny`, or `allow:` with what must be proved' },
);

const rule = closed({
  ...reportingRuleHead,
  change: change.optional(),
  when: conditionsSchema.optional(),
  then: then.describe('What follows when the rule is about the change and the conditions hold.'),
}).transform(
  ({ name, change: about, when = {}, then: outcome, ...switches }): AccountRule => ({
    name,
    ...switchesOf(switches),
    ...(about && { change: about }),
    when,
    then: outcome === 'deny' ? { kind: 'deny' } : { kind: 'allow', requirement: outcome.allow },
  }),
);

export const accountPolicySchema = closed({
  ...policySwitch,
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule that fits decides. The last one has neither `change` nor `when`.'),
})
  .describe(
    'Account policy: what a user proves to add, change or remove which authenticator or identifier. With this file or without, all that the account can prove.',
  )
  .transform(({ rules }): AccountPolicy => ({ name: 'account', rules }));

/** `policies/sign-on/*.yaml`. Comes out as `Policy` of the core. */
import { z } from 'zod';
import type { Policy, Rule } from '../../core/model.ts';
import { conditionsSchema } from './conditions.ts';
import { closed, key, text } from './fields.ts';
import { requirementSchema } from './requirement.ts';

const then = z.union(
  [
    z.literal('deny').describe('Nobody gets in by this rule.'),
    closed({ allow: requirementSchema.describe('Who proves this, gets in.') }),
  ],
  { error: 'must be `deny`, or `allow:` with what must be proved' },
);

const rule = closed({
  name: text.describe('Unique within the policy; audit log and explanations name it.'),
  when: conditionsSchema.optional(),
  then: then.describe('What follows when the conditions hold.'),
}).transform(
  (input): Rule => ({
    name: input.name,
    when: input.when ?? {},
    then: input.then === 'deny' ? { kind: 'deny' } : { kind: 'allow', requirement: input.then.allow },
  }),
);

export const signOnPolicySchema = closed({
  name: key.describe('Apps refer to the policy by this name.'),
  rules: z
    .array(rule)
    .min(1, { error: 'must hold at least the catch-all rule' })
    .describe('From top to bottom: the first rule whose conditions all hold decides. The last one has no `when`.'),
})
  .describe('Sign-on policy of one or more apps.')
  .transform((input): Policy => input);

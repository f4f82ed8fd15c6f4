/** `invariants.yaml`: what must hold for every user who could exist. Comes out as invariants of the analysis. */
import { z } from 'zod';
import type { Invariant } from '../../../core/analysis/findings/invariants.ts';
import type { Guarantee } from '../../../core/analysis/proofs/demand-verdict.ts';
import { conditionSets } from '../../../core/policy/rules/condition-table.ts';
import { closed, closedNotEmpty, key, listOf, proofName, text, whenSound } from '../fields/fields.ts';
import { requirementSchema } from '../fields/requirement.ts';
import { conditionsSchema } from './condition-table.ts';

/** Which apps an invariant is about. Absent lists: all apps, the pages of the own account included. */
export interface InvariantApps {
  readonly any?: readonly string[];
  readonly none?: readonly string[];
  /** Of one of these labels. */
  readonly labels?: readonly string[];
}

/** An invariant as it is written. */
export interface WrittenInvariant extends Invariant {
  readonly apps: InvariantApps;
}

const apps = closedNotEmpty({
  any: listOf(key).optional().describe('Client ids. `stepgate-account` is the pages of the own account.'),
  none: listOf(key).optional().describe('All apps but these.'),
  labels: listOf(key).optional().describe('Apps with one of these labels.'),
})
  .optional()
  .describe('Which apps it is about. Default: all that users sign in to, the pages of their own account included.');

const always = z
  .union([z.literal('allow').describe('No rule denies.'), requirementSchema], {
    error: 'must be `allow`, or what must be proved, as in the `allow` of a rule',
  })
  .optional()
  .describe('What every user who gets in has proved. `allow`: users get in; no rule denies.');

const never = z
  .union(
    [
      z.literal('allow').describe('No user gets in.'),
      closed({
        authenticators: listOf(proofName).describe('Authenticators, or methods of them, such as phone.sms.'),
      }),
    ],
    { error: 'must be `allow`, or `authenticators:` with a list' },
  )
  .optional()
  .describe('`allow`: no user gets in. `authenticators`: no user gets in who could not without these.');

const invariant = closed({
  name: text.describe('Unique within the file; findings and the report name it.'),
  apps,
  when: conditionsSchema
    .refine((when) => conditionSets(when).every(({ apps: named }) => named === undefined), {
      error: 'must not name apps: write `apps` next to `when`',
    })
    .optional()
    .describe('For whom and from where, as in the rule of a policy. Without it: for every sign-in.'),
  always,
  never,
  countRemembered: z
    .literal(true, { error: 'can only be true: leave it out when it is not meant' })
    .optional()
    .describe('A second factor that the browser remembers (`remember`) counts as proved.'),
})
  .refine(({ always: one, never: other }) => (one === undefined) !== (other === undefined), {
    error: 'must say either `always` or `never`',
    when: whenSound,
  })
  .refine(({ always: one, never: other, countRemembered }) => !countRemembered || (one ?? other) !== 'allow', {
    error: '`countRemembered` says nothing here: it is about what must be proved',
    when: whenSound,
  })
  .transform(
    ({ name, apps: about = {}, when = {}, always: one, never: other, countRemembered }): WrittenInvariant => ({
      name,
      apps: about as InvariantApps,
      when,
      guarantee: guaranteeOf(one, other),
      ...(countRemembered && { countsRemembered: true as const }),
    }),
  );

function guaranteeOf(
  proves: z.output<typeof requirementSchema> | 'allow' | undefined,
  avoided: { readonly authenticators: readonly string[] } | 'allow' | undefined,
): Guarantee {
  if (proves !== undefined) return proves === 'allow' ? { kind: 'admitted' } : { kind: 'proves', requirement: proves };
  if (avoided === undefined || avoided === 'allow') return { kind: 'refused' };
  return { kind: 'without', authenticators: avoided.authenticators };
}

export const invariantsSchema = closed({
  invariants: z
    .array(invariant)
    .min(1, { error: 'must hold at least one invariant' })
    .describe('Each must hold for every user who could exist.'),
})
  .describe('Invariants: what must always or never hold. `stepgate config check` proves or refutes each.')
  .transform(({ invariants }): readonly WrittenInvariant[] => invariants);

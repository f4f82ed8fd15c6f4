/** Describes for administrators what the enrollment policy requires. */
import type { Skippable } from '../../core/model/decision.ts';
import type { EnrollmentTerms, Grace } from '../../core/model/enrollment-policy.ts';
import type { Seconds } from '../../core/model/facts.ts';

/** Name and text of each row. A policy without requirements has one row that says so. */
export function enrollmentRows(terms: EnrollmentTerms): readonly (readonly [string, string])[] {
  const { required, optional, promoted, disabled, useOnly = [], models = {} } = terms;
  const rows = [
    ...required.map(({ anyOf, count = 1, grace }) => {
      const many = count > 1 ? `${count} of ` : '';
      return ['requires', `${many}${anyOf.join(' or ')}${graceText(grace)}`] as const;
    }),
    ...(optional.length === 0 ? [] : [['offers', optional.join(', ')] as const]),
    ...promoted.map(({ authenticator }) => ['promotes', authenticator] as const),
    ...(disabled.length === 0 ? [] : [['disables', disabled.join(', ')] as const]),
    ...(useOnly.length === 0 ? [] : [['use only', useOnly.join(', ')] as const]),
    ...Object.entries(models).map(([key, named]) => ['models', `${key}: ${named.join(', ')}`] as const),
  ];
  return rows.length === 0 ? [['requires', 'nothing']] : rows;
}

function graceText(grace: Grace | undefined): string {
  if (grace === undefined) return '';
  return 'until' in grace ? ` (from ${timeText(grace.until)})` : ` (after ${grace.skips} skips)`;
}

function timeText(time: Seconds): string {
  return new Date(time * 1000).toISOString().replace('.000', '');
}

/** For example ` (before totp or webauthn is enrolled)`. Empty if the step does not precede an enrollment. */
export function beforeText(toEnroll: readonly string[] | undefined): string {
  return toEnroll === undefined ? '' : ` (before ${toEnroll.join(' or ')} is enrolled)`;
}

/** For example ` (may be skipped, 3 skips left)`. Empty if it may not be skipped. */
export function skippableText(skippable: Skippable | undefined): string {
  if (skippable === undefined) return '';
  const { skipsLeft, until } = skippable;
  if (skipsLeft !== undefined) return ` (may be skipped, ${skipsLeft} left)`;
  return until === undefined ? ' (may be skipped)' : ` (may be skipped until ${timeText(until)})`;
}

/** Describes for administrators what the enrollment policy requires. */
import type { Skippable } from '../../core/model/decision.ts';
import type { EnrollmentTerms, Grace, RequiredEnrollment } from '../../core/model/enrollment-policy.ts';
import type { Seconds } from '../../core/model/facts.ts';

type Rows = readonly (readonly [string, string])[];

/** Name and text of each row. A policy without requirements has one row that says so. */
export function enrollmentRows(terms: EnrollmentTerms): Rows {
  const rows = Object.values(rowsOf).flatMap((rowsIn) => rowsIn(terms));
  return rows.length === 0 ? [['requires', 'nothing']] : rows;
}

/** One line for each member: one that is left out does not compile. */
const rowsOf: Readonly<Record<keyof EnrollmentTerms, (terms: EnrollmentTerms) => Rows>> = {
  required: ({ required }) => required.map((needed) => ['requires', requiredText(needed)]),
  optional: ({ optional }) => listRows('offers', optional),
  promoted: ({ promoted }) => promoted.map(({ authenticator }) => ['promotes', authenticator]),
  disabled: ({ disabled }) => listRows('disables', disabled),
  useOnly: ({ useOnly = [] }) => listRows('no setup', useOnly).map(([name, keys]) => [name, `${keys} (may be used)`]),
  models: ({ models = {} }) => Object.entries(models).map(([key, named]) => ['models', `${key}: ${named.join(', ')}`]),
};

function requiredText({ anyOf, count = 1, grace }: RequiredEnrollment): string {
  const many = count > 1 ? `${count} of ` : '';
  return `${many}${anyOf.join(' or ')}${graceText(grace)}`;
}

function listRows(name: string, authenticators: readonly string[]): Rows {
  return authenticators.length === 0 ? [] : [[name, authenticators.join(', ')]];
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

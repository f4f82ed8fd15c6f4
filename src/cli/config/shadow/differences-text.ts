/** Prints for administrators how a draft would have changed real sign-ins. */
import type { DecisionChange, DecisionSummary } from '../../../core/analysis/comparison/compare-decisions.ts';
import { denyReasons } from '../../../core/model/decision.ts';
import { printable } from '../../../policy/model/printable.ts';
import { denyReasonText } from '../../explain/denial-text.ts';
import { zoneText } from '../../shared/output/zone-text.ts';
import { quantity } from '../shared/quantities.ts';
import type { TalliedDifference } from './tally.ts';

const headings: Readonly<Record<DecisionChange, string>> = {
  denied: 'would be denied',
  admitted: 'would no longer be denied',
  more: 'would be asked for more',
  less: 'would be asked for less',
  rule: 'would be decided by another rule, with the same outcome',
  none: 'would not change',
};

/** One difference, in words. */
export interface DifferenceText {
  readonly headline: string;
  /** `active`, `draft`, and examples for `explain --transaction`, in this order. */
  readonly details: readonly { readonly label: string; readonly text: string }[];
}

export function differenceText(difference: TalliedDifference): DifferenceText {
  return {
    headline: `${printable(difference.client)}: ${whatDiffers(difference)} ${headings[difference.change]}`,
    details: [
      { label: 'active', text: summaryText(difference.before, difference) },
      { label: 'draft', text: summaryText(difference.after, difference) },
      ...difference.examples.map((example) => ({ label: 'e.g.', text: exampleText(example) })),
    ],
  };
}

function whatDiffers({ kind, users, signIns }: TalliedDifference): string {
  if (signIns !== undefined) return `${quantity(signIns, 'sign-in')} before the user identified`;
  return `${kind === 'token' ? 'tokens of ' : ''}${quantity(users, 'user')}`;
}

/** How many users and sign-ins without a user those are that differ: the end of a sentence about them. */
export function forWhomText({
  users,
  unidentified,
}: {
  readonly users: number;
  readonly unidentified: number;
}): string {
  const known = users > 0 || unidentified === 0 ? `, for ${quantity(users, 'user')}` : '';
  return unidentified === 0 ? known : `${known}; in ${unidentified} of them the user had not identified`;
}

/** Differences as lines for a terminal. */
export function differenceLines(differences: readonly TalliedDifference[]): readonly string[] {
  return differences.flatMap((difference) => {
    const { headline, details } = differenceText(difference);
    return ['', headline, ...details.map(({ label, text }) => `  ${label.padEnd(10)}${text}`)];
  });
}

function summaryText(summary: DecisionSummary, { kind }: TalliedDifference): string {
  const { outcome, rule } = summary;
  const words = { allow: allowText(summary, kind), ask: askText(summary), deny: denyText(summary) };
  return printable(rule === '' ? words[outcome] : `${words[outcome]}, by ${rule}`);
}

function allowText({ proofs }: DecisionSummary, kind: TalliedDifference['kind']): string {
  if (kind === 'token' || proofs === undefined) return 'allows';
  return proofs === 0 ? 'lets in without asking' : `lets in after ${quantity(proofs, 'proof')}`;
}

function askText({ asks = '' }: DecisionSummary): string {
  return asks === 'identify' ? 'asks the user to identify' : `asks: ${asks}`;
}

function denyText({ reason = '' }: DecisionSummary): string {
  if (reason === 'no_app') return 'denies: it does not have this app';
  const known = denyReasons.find((denyReason) => denyReason === reason);
  return `denies: ${known === undefined ? reason.replaceAll('_', ' ') : denyReasonText(known)}`;
}

function exampleText({ at, transaction, ...network }: TalliedDifference['examples'][number]): string {
  const when = new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  const reference = transaction === undefined ? '' : `  ${transaction}`;
  return printable(`${when}, ${zoneText(network)}${reference}`);
}

/** Converts between quantities and words. */
import type { Documents } from '../../../policy/model/documents.ts';
import { refusal } from '../../shared/options/refusal.ts';

export interface DocumentCounts {
  readonly apps: number;
  readonly signOnPolicies: number;
}

export function documentCounts(documents: Documents): DocumentCounts {
  const of = (kind: string) => [...documents.values()].filter((document) => document.kind === kind).length;
  return { apps: of('app'), signOnPolicies: of('sign-on') };
}

export function countsText({ apps, signOnPolicies }: DocumentCounts): string {
  return `${quantity(apps, 'app')}, ${quantity(signOnPolicies, 'sign-on policy', 'sign-on policies')}`;
}

export function quantity(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** The first keys, and the number of others. */
export function shortened(keys: readonly string[]): string {
  return keys.length <= 10 ? keys.join(', ') : `${keys.slice(0, 10).join(', ')} and ${keys.length - 10} more`;
}

/** A revision number as the operator types it. Throws an error of one sentence. */
export function readRevision(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw refusal(`${text} is no number of a revision; \`config history\` lists them`);
  return Number(text);
}

/** What one configuration asks for, in words: of one user, or of all users with the same change. */
import type { AskedInAll } from '../../../../core/analysis/simulation/asked-in-all.ts';
import { distinct } from '../../../../core/model/distinct.ts';
import { joinedParts, partsByWay, stepParts } from '../../questions/asked-text.ts';
import { proofSetsText } from '../../questions/proof-sets-text.ts';
import { newOnes } from './asked-headline.ts';
import type { ProofSets } from './ways-compared.ts';

export type SaidThere =
  /** Steps, in words. Several lists, if they are not the same in each way to sign in. */
  | { readonly steps: readonly (readonly string[])[] }
  /** A whole sign-in. Undefined: the user is denied. */
  | { readonly asked: AskedInAll | undefined };

const nothing = 'nothing more';

/** Undefined: they say different kinds of things. */
export function saidByAllText(all: readonly SaidThere[]): string | undefined {
  const steps = all.flatMap((said) => ('steps' in said ? [said.steps] : []));
  if (steps.length === all.length) return stepsText(steps.flat());
  const asked = all.flatMap((said) => ('asked' in said ? [said.asked] : []));
  return asked.length === all.length ? askedOfAllText(asked) : undefined;
}

/** For example `replace password (in some cases also further proof)`. */
function stepsText(lists: readonly (readonly string[])[]): string {
  const [shortest = [], ...longer] = distinct(lists).toSorted((one, other) => one.length - other.length);
  const words = joinedParts(shortest) || nothing;
  if (longer.length === 0) return words;
  if (!longer.every((parts) => newOnes(parts, shortest).length === 0))
    return [shortest, ...longer].map(bracketed).join(' or ');
  const more = withoutShorter(longer.map((parts) => newOnes(shortest, parts)));
  return `${words} (in some cases also ${more.map(bracketed).join(' or ')})`;
}

function bracketed(parts: readonly string[], _at: number, { length }: readonly unknown[]): string {
  const words = joinedParts(parts) || nothing;
  return parts.length > 1 && length > 1 ? `(${words})` : words;
}

/** Leaves out lists that are part of another one. */
function withoutShorter(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const all = distinct(lists);
  return all.filter((parts) => !all.some((other) => other.length > parts.length && newOnes(other, parts).length === 0));
}

/** For example `totp, or password (in some cases then replace password)`. */
function askedOfAllText(all: readonly (AskedInAll | undefined)[]): string {
  const asked = all.filter((each) => each !== undefined);
  const bySet = new Map<string, { set: ProofSets[number]; lists: (readonly string[])[] }>();
  for (const { sets, parts } of asked.flatMap((each) => partsByWay(each, stepParts)))
    for (const set of sets) {
      const key = JSON.stringify(set);
      const known = bySet.get(key) ?? { set, lists: [] };
      bySet.set(key, { set, lists: [...known.lists, parts] });
    }
  const byEnd = Map.groupBy(bySet.values(), ({ lists }) => endText(lists));
  const isComplete = asked.every(({ proofs }) => proofs.isComplete);
  const simplestFirst = [...byEnd].toSorted(([one], [other]) => one.length - other.length);
  const words = simplestFirst.map(
    ([end, alike]) => proofSetsText({ sets: alike.map(({ set }) => set), isComplete: true }) + end,
  );
  return [...words, ...(isComplete ? [] : ['others']), ...(asked.length < all.length ? ['denied'] : [])].join(', or ');
}

function endText(lists: readonly (readonly string[])[]): string {
  const [only, ...others] = withoutShorter(lists);
  if (only === undefined || only.length === 0) return '';
  if (others.length > 0) return ` (then ${stepsText(lists)})`;
  return ` (${distinct(lists).length > 1 ? 'in some cases ' : ''}then ${joinedParts(only)})`;
}

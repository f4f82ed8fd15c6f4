/** All sufficient sets of proofs in a few words: `webauthn, or password + one of (totp, phone)`. */
import { methodName } from '../../../core/model/authenticator-name.ts';
import type { Action, AllSets } from '../../../core/remediation/all-sufficient-sets.ts';

/** Longer texts end with the number of omitted sets. */
const longest = 120;
const mostNames = 6;

/** A set takes one name of each group. The names in a group are interchangeable. */
type Product = readonly (readonly string[])[];
type Names = readonly string[];

/** Cached by what is asked, while one command runs: thousands of sign-ins ask for the same sets. */
const known = new Map<string, string>();

/** Empty if nothing has to be proved. */
export function proofSetsText(all: AllSets): string {
  const key = JSON.stringify([all.isComplete, all.sets.map((set) => set.map(nameOf))]);
  const words = known.get(key) ?? wordsOf(all);
  known.set(key, words);
  return words;
}

function wordsOf({ sets, isComplete }: AllSets): string {
  const order = [...new Set(sets.flatMap((set) => set.map(nameOf)))];
  const products = productsOf(sets.map(distinctNames)).map((product) => sorted(product, order));
  const simplestFirst = products.toSorted((a, b) => a.length - b.length);
  return shortened(simplestFirst, isComplete);
}

function nameOf({ authenticator, method, toEnroll }: Action): string {
  const name = method === undefined ? authenticator : methodName(authenticator, method);
  return toEnroll ? `enroll ${name}` : name;
}

/** A chain may contain two of one kind. */
function distinctNames(set: readonly Action[]): Names {
  const names = set.map(nameOf);
  return names.map((name, index) => (names.indexOf(name) === index ? name : `another ${name}`));
}

/**
 * Merges sets: names that are interchangeable in the same sets form one group. Each set is in exactly one product, and
 * no product contains a set that is not in the input.
 */
function productsOf(sets: readonly Names[]): readonly Product[] {
  if (sets.length === 0) return [];
  if (sets.every((set) => set.length === 0)) return [[]];
  const names = [...new Set(sets.flat())];
  const groups = Map.groupBy(names, (name) => JSON.stringify(besides(name, sets).map((rest) => rest.toSorted())));
  const [best = []] = [...groups.values()].toSorted((a, b) => coveredBy(b, sets) - coveredBy(a, sets));
  const [first = ''] = best;
  const inner = productsOf(besides(first, sets)).map((product) => [best, ...product]);
  return [...inner, ...productsOf(sets.filter((set) => !set.some((name) => best.includes(name))))];
}

/** The other names of each set that contains this name. */
function besides(name: string, sets: readonly Names[]): readonly Names[] {
  return sets.filter((set) => set.includes(name)).map((set) => set.filter((other) => other !== name));
}

function coveredBy(group: Names, sets: readonly Names[]): number {
  return sets.filter((set) => set.some((name) => group.includes(name))).length;
}

function sorted(product: Product, order: Names): Product {
  const place = ([name = '']: Names) => order.indexOf(name.replace(/^another /, ''));
  const isEnrolled = ([name = '']: Names) => Number(name.includes('enroll '));
  return product.toSorted(
    (a, b) => isEnrolled(a) - isEnrolled(b) || Math.min(a.length, 2) - Math.min(b.length, 2) || place(a) - place(b),
  );
}

function shortened(products: readonly Product[], isComplete: boolean): string {
  const words = products.map(productText);
  let shown = 1;
  while (shown < words.length && words.slice(0, shown + 1).join(', or ').length <= longest) shown += 1;
  const left = products.slice(shown).reduce((sum, product) => sum + setsIn(product), 0);
  const more = left === 1 ? '1 other combination' : `${left} other combinations`;
  return [...words.slice(0, shown), ...(left > 0 ? [more] : []), ...(isComplete ? [] : ['others'])].join(', or ');
}

function setsIn(product: Product): number {
  return product.reduce((count, group) => count * group.length, 1);
}

function productText(product: Product): string {
  return product.map((group) => groupText(group, product.length === 1)).join(' + ');
}

function groupText(group: Names, isAlone: boolean): string {
  const all = group.every((name) => name.startsWith('enroll ')) ? 'enroll ' : '';
  const names = group.map((name) => name.slice(all.length));
  const left = names.length - mostNames;
  const shown = left > 0 ? [...names.slice(0, mostNames), `${left} more`] : names;
  if (isAlone) return all + shown.join(' or ');
  return all + (shown.length === 1 ? shown.join() : `one of (${shown.join(', ')})`);
}

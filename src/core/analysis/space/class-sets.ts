/** Sets of classes as bits of small numbers, which cost a fraction of what large ones do. */

/** The classes that a formula leaves to a variable. */
export interface ReadClasses {
  readonly kind: 'in';
  /** Which variable, in the order in which they were read. */
  readonly variable: number;
  /** Index of the first of its words in domains. */
  readonly at: number;
  /** A bit for each class, the first class in the lowest bit of the first word. */
  readonly words: readonly number[];
  /** The words that have some of these classes, and those that have others: of hundreds often a single one. */
  readonly own: readonly number[];
  readonly others: readonly number[];
}

/**
 * The number of classes in a word. One more bit says whether a formula was about the variable. V8 stores such a word as
 * a small integer.
 */
export const wordBits = 29;
const touchedBit = 1 << wordBits;
const everyBit = touchedBit - 1;

/** `full`: the words of all classes of the variable. */
export function readClasses(
  classes: bigint,
  { variable, at, full }: Pick<ReadClasses, 'variable' | 'at'> & { readonly full: readonly number[] },
): ReadClasses {
  const words = wordsOf(classes, full.length);
  const own: number[] = [];
  const others: number[] = [];
  for (let word = 0; word < words.length; word += 1) {
    if (words[word] !== 0) own.push(word);
    if (((full[word] as number) & ~(words[word] as number)) !== 0) others.push(word);
  }
  return { kind: 'in', variable, at, words, own, others };
}

/** All classes, of this number. */
export function fullDomain(count: number): readonly number[] {
  const length = Math.max(1, Math.ceil(count / wordBits));
  return Array.from({ length }, (_, word) => (1 << Math.min(wordBits, count - word * wordBits)) - 1);
}

function wordsOf(classes: bigint, length: number): readonly number[] {
  if (length === 1) return [Number(classes)];
  return Array.from({ length }, (_, word) => Number((classes >> BigInt(word * wordBits)) & BigInt(everyBit)));
}

/** Takes the other classes away. `empty`: none is left. */
export function restrict(
  { domains, touched }: { readonly domains: number[]; readonly touched: number[] },
  { variable, at, words }: ReadClasses,
): 'empty' | 'less' | 'same' {
  let left = 0;
  let isLess = false;
  if (((domains[at] as number) & touchedBit) === 0) touched.push(variable);
  for (let word = 0; word < words.length; word += 1) {
    const before = (domains[at + word] as number) & everyBit;
    const after = before & (words[word] as number);
    left |= after;
    isLess ||= after !== before;
    domains[at + word] = after | touchedBit;
  }
  return left === 0 ? 'empty' : isLess ? 'less' : 'same';
}

/** Whether all classes that are left are among these (`true`), none (`false`), or some of them. */
export function resultOfClasses(
  { at, words, own, others }: ReadClasses,
  domains: readonly number[],
): boolean | undefined {
  let isIn = false;
  for (let index = 0; index < own.length && !isIn; index += 1) {
    const word = own[index] as number;
    isIn = ((domains[at + word] as number) & (words[word] as number)) !== 0;
  }
  if (!isIn) return false;
  for (let index = 0; index < others.length; index += 1) {
    const word = others[index] as number;
    if (((domains[at + word] as number) & everyBit & ~(words[word] as number)) !== 0) return undefined;
  }
  return true;
}

/** What is asked under only one of two configurations, in words. */
import { isLetInWith } from '../../../explain/denial-text.ts';
import { joinedParts } from '../../questions/asked-text.ts';

/** Members that occur more often in `after` than in `before`. */
export function newOnes(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = [...before];
  return after.filter((part) => {
    const at = left.indexOf(part);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

export const otherOrder = 'the same is asked in another order';

/** The demands of one configuration that the other does not have. */
export function saidOf(parts: readonly string[], others: readonly string[]): string {
  const own = newOnes(others, parts);
  const isOtherOrder = own.length === 0 && parts.length === others.length;
  return joinedParts(isOtherOrder ? parts : own) || 'nothing more';
}

/** Further proofs are those that an enrollment requires. */
export function isNoSetUp(part: string): boolean {
  return !/\benroll |^further proof/.test(part);
}

export function askedHeadline(before: readonly string[], after: readonly string[]): string {
  const [gone, added] = [newOnes(after, before), newOnes(before, after)];
  const asked = (parts: readonly string[]) => parts.filter((part) => !isLetInWith(part)).map(askedWord);
  const [less, more] = [asked(gone).join(', then '), asked(added).join(', then ')];
  const words = [
    more && less ? `asked ${more} instead of ${more.startsWith('for ') ? less.replace(/^for /, '') : less}` : '',
    more && !less ? `asked ${more}` : '',
    less && !more ? `no longer asked ${less}` : '',
    ...added.filter(isLetInWith),
  ].filter(Boolean);
  const letInBefore = gone.filter(isLetInWith).join('; ');
  if (letInBefore === '') return words.join('; ');
  // "No longer let in with it" would read as if these users did not get in.
  return `${words.join('; ') || 'let in without a password that must be replaced'} (before: ${letInBefore})`;
}

/** For example `for consent` or `to fill in displayName`. */
function askedWord(part: string): string {
  return /^(?:enroll|replace|fill in|keep) /.test(part) ? `to ${part}` : `for ${part}`;
}

/** What follows the proofs. Empty: nothing differs. */
export function changeHeadline(gone: readonly string[], added: readonly string[]): string {
  if (gone.length + added.length === 0) return '';
  return askedHeadline(withoutProofs(gone), withoutProofs(added)) || otherOrder;
}

/** A proof before something is set up or replaced is no demand of its own. */
function withoutProofs(parts: readonly string[]): readonly string[] {
  return parts.some(takesProof) ? parts.filter(isNoProof) : parts;
}

/** Whether a proof may come before it. */
export function takesProof(part: string): boolean {
  return /^(?:enroll|replace) /.test(part);
}

export function isNoProof(part: string): boolean {
  return !part.startsWith('further proof');
}

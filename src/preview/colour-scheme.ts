/** Fixes a page, a stylesheet or a picture to one colour scheme, whatever the browser prefers. */

import type { Scheme } from '../rendering/palette.ts';

/** Media features that are always true, and never true. */
const always = '(min-width: 0)';
const never = '(max-width: 0)';

/** For any text: HTML, CSS or SVG. */
export function inScheme(text: string, scheme: Scheme): string {
  return text
    .replaceAll(/\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/g, (_, named) => (named === scheme ? always : never))
    .replaceAll(/(color-schemes?"? ?(?::|content=") ?)light dark/g, `$1${scheme}`);
}

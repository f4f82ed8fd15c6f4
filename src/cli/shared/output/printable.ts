/**
 * Makes text safe for terminals: text from users or other systems must not control the terminal, or look like something
 * else.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

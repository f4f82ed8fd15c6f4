/**
 * Makes text safe for terminals: what users or other systems wrote cannot control the terminal, or look like something
 * else.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** Text for terminals: what people or other systems wrote cannot steer the terminal, or look like something else. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
}

/** Prints each text the first time only. */
export function printOnce(print: (text: string) => void): (text: string) => void {
  const printed = new Set<string>();
  return (text) => {
    if (printed.has(text)) return;
    printed.add(text);
    print(text);
  };
}

/**
 * The form in which names of groups, user types and other texts without a form of their own are compared. Directories
 * and file systems deliver one name composed or decomposed (Unicode Standard Annex 15), which look the same.
 */

/** Printable ASCII without spaces around it: by far the most names. They have the form already. */
const plain = /^[!-~](?:[ -~]*[!-~])?$/;

/** Without spaces around it, and composed (NFC). Case counts. */
export function composedName(written: string): string {
  return plain.test(written) ? written : written.trim().normalize('NFC');
}

/** The same for a list, without repeats. Where every name has the form already, it is the list itself. */
export function composedNames(written: readonly string[]): readonly string[] {
  return written.every((name) => composedName(name) === name) ? written : [...new Set(written.map(composedName))];
}

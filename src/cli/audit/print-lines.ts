/** Prints lines of the audit log, showing users by their identifiers. */
import type { Directory } from '../../users/directory/directory.ts';
import type { Paint } from '../shared/output/paint.ts';
import { type AuditLine, auditText } from './audit-text.ts';

/** Users whose identifiers are cached. */
const keptNames = 1_000;

/** One line for each event; with `json`, as it is in the log. Rejects with `StoreUnavailable`. */
export function linePrinter(
  { stdout, paint }: { stdout(text: string): void; readonly paint: Paint },
  { json }: { readonly json?: true },
  directory: Directory,
): (lines: readonly AuditLine[]) => Promise<void> {
  const names = new Map<string, string>();
  const nameOf = async (subject: string): Promise<string> => {
    const known = names.get(subject);
    if (known !== undefined) return known;
    const name = (await directory.get(subject))?.user.identifiers[0] ?? subject;
    if (names.size >= keptNames) names.clear();
    names.set(subject, name);
    return name;
  };
  return async (lines) => {
    for (const line of lines) {
      if (json) stdout(`${JSON.stringify(line)}\n`);
      else stdout(`${auditText(line, line.subject === undefined ? undefined : await nameOf(line.subject), paint)}\n`);
    }
  };
}

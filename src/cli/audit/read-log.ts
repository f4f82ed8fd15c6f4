/** Reads the audit log in pages, from its oldest line on, with one page in memory at a time. */
import { auditKey } from '../../stores/keys.ts';
import type { Store } from '../../stores/store.ts';
import { type AuditLine, parseAuditLine } from './audit-text.ts';

/** A line with its position in the log. */
export interface PlacedLine {
  readonly cursor: string;
  readonly line: AuditLine;
}

/** Lines that one request to the store returns. */
export const auditPage = 1_000;

/**
 * Pages of lines after `after` (exclusive). `mayMatch`: tests the text before a line is parsed. Rejects with
 * `StoreUnavailable`.
 */
export async function* readAuditLog(
  store: Store,
  { after, mayMatch = () => true }: { readonly after?: string; readonly mayMatch?: (text: string) => boolean } = {},
): AsyncGenerator<readonly PlacedLine[]> {
  let cursor = after;
  for (;;) {
    const lines = await store.tail(auditKey, cursor, auditPage);
    cursor = lines.at(-1)?.cursor ?? cursor;
    yield lines
      .filter(({ value }) => mayMatch(value))
      .map(({ cursor: at, value }) => ({ cursor: at, line: parseAuditLine(value) }));
    if (lines.length < auditPage) return;
  }
}

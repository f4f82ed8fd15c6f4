/** Selects lines of the audit log by the administrator's criteria. */
import { dateSpan } from '../../core/policy/values/date-bound.ts';
import { type AuditOutcome, auditEvents } from '../../flow/audit.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import type { Directory } from '../../users/directory/directory.ts';
import { refusal } from '../shared/options/refusal.ts';
import { parseDuration } from '../shared/values/durations.ts';
import type { AuditLine } from './audit-text.ts';

export interface LineFilter {
  readonly user?: string;
  readonly client?: string;
  readonly event?: string;
  readonly outcome?: AuditOutcome;
  readonly transaction?: string;
  readonly from?: string;
  readonly until?: string;
}

/** Names of events, and what several of them begin with: `sign_in` of `sign_in.denied`. */
const eventGroups: ReadonlySet<string> = new Set(
  Object.keys(auditEvents).flatMap((name) =>
    name.split('.').map((_, index, parts) => parts.slice(0, index + 1).join('.')),
  ),
);

/**
 * Rejects with one sentence for an unknown user or event, or an invalid time, or with `StoreUnavailable`. `now`: epoch
 * seconds.
 */
export async function filterOf(
  { user, client, event, outcome, transaction, from, until }: LineFilter,
  { directory, now }: { readonly directory: Directory; readonly now: number },
): Promise<(line: AuditLine) => boolean> {
  if (event !== undefined && !eventGroups.has(event)) throw refusal(unknownName('event', event, [...eventGroups]));
  const subject = user === undefined ? undefined : await subjectId(user, directory);
  const begin = from === undefined ? undefined : timeOf('--from', from, now);
  const end = until === undefined ? undefined : timeOf('--until', until, now);
  if (begin !== undefined && end !== undefined && begin >= end) throw refusal('--from must be before --until');
  return (line) =>
    (subject === undefined || line.subject === subject) &&
    (client === undefined || line.client === client) &&
    (outcome === undefined || line.outcome === outcome) &&
    (transaction === undefined || line.transaction === transaction) &&
    (event === undefined || line.event === event || line.event.startsWith(`${event}.`)) &&
    // Times of lines are ISO 8601 in UTC, so they can be compared as texts.
    (begin === undefined || line.time >= begin) &&
    (end === undefined || line.time < end);
}

/** Events outlive accounts, so the id of a deleted account is valid as well. */
async function subjectId(user: string, directory: Directory): Promise<string> {
  const account = await directory.findByIdentifier(user);
  if (account !== undefined) return account.user.id;
  if (/^[\w-]{22}$/.test(user)) return user;
  throw refusal(`there is no user ${JSON.stringify(user)}`);
}

/** With an offset, so that the time zone is clear; a day begins at midnight UTC. */
const timeForm = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function timeOf(option: string, text: string, now: number): string {
  const ago = parseDuration(text);
  const time =
    ago === undefined ? (timeForm.test(text) && dateSpan(text) ? Date.parse(text) : Number.NaN) : (now - ago) * 1000;
  if (Number.isNaN(time))
    throw refusal(
      `${option} takes a time such as 2026-11-24T09:00:00Z, a day, or how long ago, such as 24h, not ${text}`,
    );
  return new Date(time).toISOString();
}

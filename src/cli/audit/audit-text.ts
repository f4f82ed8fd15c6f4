/** Parses lines of the audit log, and formats them for terminals. */
import type { AuditEvent } from '../../flow/audit.ts';
import { printable } from '../../policy/model/printable.ts';
import type { Paint } from '../shared/output/paint.ts';

/** An event with its time (ISO 8601). Older and newer versions may have other events. */
export type AuditLine = Omit<AuditEvent, 'event'> & { readonly time: string; readonly event: string };

/** Throws `SyntaxError` if the line is not JSON. */
export function parseAuditLine(value: string): AuditLine {
  return JSON.parse(value) as AuditLine;
}

const colours = { success: 'green', failure: 'yellow', deny: 'red', pending: 'dim' } as const;

/** Time, event and outcome in columns, followed by the other fields by name. `who`: an identifier of the subject. */
export function auditText(line: AuditLine, who: string | undefined, paint: Paint): string {
  const { time, event, outcome, authenticator, factors, client, ip, acr, amr, rule, reason, policyRevision } = line;
  const { transaction, reported } = line;
  const { by, channel, country, prefix, length, lifetime, uses, groups, message, back } = line;
  const details = [
    ['client', client],
    ['ip', ip],
    ['authenticator', authenticator],
    ['factors', factors?.join('+')],
    ['channel', channel],
    ['country', country],
    ['prefix', prefix],
    ['length', length?.toString()],
    ['lifetime', lifetime?.toString()],
    ['uses', uses?.toString()],
    ['groups', groups?.join('+')],
    ['by', by],
    ['back', back?.toString()],
    ['message', message === undefined ? undefined : JSON.stringify(message)],
    ['acr', acr],
    ['amr', amr?.join('+')],
    ['reason', reason],
    ['revision', policyRevision?.toString()],
    ['transaction', transaction],
    ['rule', rule === undefined || rule === '' ? undefined : JSON.stringify(rule)],
    // What rules that only report would have decided, which an administrator tries out.
    ['reported', reported === undefined || reported === '' ? undefined : JSON.stringify(reported)],
  ].flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${printable(value)}`]));
  return [
    time,
    event.padEnd(24),
    paint(colours[outcome], outcome.padEnd(7)),
    printable(who ?? '-').padEnd(20),
    ...details,
  ].join('  ');
}

/** Every audit line that a suite causes is checked against the table of events. */
import { type AuditEventName, auditEvents } from '../../../src/flow/audit.ts';
import { noteAuditLine } from './emitted-events.ts';

const always = ['time', 'kind', 'event', 'outcome'];

/** Throws unless the event is in the table, with one of its outcomes and no other field. */
export function checkAuditLine(line: Readonly<Record<string, unknown>>): void {
  noteAuditLine(line);
  const { event, outcome } = line;
  const name = String(event);
  if (!Object.hasOwn(auditEvents, name)) throw new Error(`the table of audit events has no ${name}`);
  const row = auditEvents[name as AuditEventName];
  const outcomes: readonly unknown[] = row.outcomes;
  if (!outcomes.includes(outcome)) throw new Error(`${name} never has the outcome ${String(outcome)}`);
  const fields: readonly string[] = [...always, ...row.fields];
  const other = Object.keys(line).filter((field) => line[field] !== undefined && !fields.includes(field));
  if (other.length > 0) throw new Error(`${name} has no field ${other.join(', ')}`);
}

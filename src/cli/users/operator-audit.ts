/**
 * Audit lines of commands: one for each change of an account, written in the commit of that change. They never contain
 * a secret.
 */
import { type AuditEvent, type AuditEventName, auditOp } from '../../flow/audit.ts';
import type { Op } from '../../stores/store.ts';
import { operatorName } from '../shared/store/operator-name.ts';

type OperatorEvent = Extract<AuditEventName, `user.${string}` | 'authenticator.issued'>;

/** `subject`: id of the account. */
export function operatorOps<Name extends OperatorEvent>(
  event: Name,
  subject: string,
  more?: Omit<AuditEvent<Name>, 'event' | 'outcome' | 'subject' | 'by'>,
): readonly Op[] {
  return [auditOp<OperatorEvent>({ event, outcome: 'success', subject, by: operatorName(), ...more }).op];
}

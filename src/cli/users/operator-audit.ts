/** One audit line for each change that a command makes to an account, for the commit that makes it. Never a secret. */
import { type AuditEvent, auditOp } from '../../flow/audit.ts';
import type { Op } from '../../stores/store.ts';
import { operatorName } from '../shared/operator.ts';

/** `subject`: id of the account. */
export function operatorOps(
  event: AuditEvent['event'],
  subject: string,
  more: Partial<Pick<AuditEvent, 'authenticator' | 'groups' | 'length' | 'lifetime' | 'uses'>> = {},
): readonly Op[] {
  return [auditOp({ event, outcome: 'success', subject, by: operatorName(), ...more }).op];
}

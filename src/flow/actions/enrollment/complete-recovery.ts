/**
 * Completes a recovery. This file promises: the account remembers the addresses that proved the recovery, in the commit
 * of the new password, and forgets them only after the user proves another factor (decision 33).
 */
import type { Authenticator, Credential } from '../../../authenticators/authenticator.ts';
import { provedBeside, recoveryAfter, recoveryNow } from '../../../core/enrollment/recovery-after-enrollment.ts';
import { isAddress } from '../../../core/evidence/recovered-password.ts';
import type { Evidence, Facts, Recovery } from '../../../core/model/facts.ts';
import { notRecovering } from '../../../core/step/transitions.ts';
import { attemptCounter } from '../../../stores/keys.ts';
import type { Account } from '../../../users/record/user.ts';
import { audit } from '../../audit.ts';
import { auditContext, type OpenTransaction } from '../../transaction/open-transaction.ts';

/**
 * The recovery that this enrollment completes, or an earlier recovery as this enrollment changes it. Undefined if there
 * is none.
 */
export function recoveryWith(
  { transaction, services }: OpenTransaction,
  facts: Facts,
  { authenticator, credential }: { readonly authenticator: Authenticator; readonly credential: Credential },
): Recovery | undefined {
  const { subject } = facts;
  if (subject === undefined) return undefined;
  if (transaction.recovering) {
    const proofs = facts.evidence.filter(
      (proof) => proof.subject === subject.id && proof.transaction === transaction.event && isSentCode(services, proof),
    );
    return recoveryNow(subject, { at: services.now(), by: proofs.map(({ enrollment }) => enrollment) });
  }
  const descriptorOf = (key: string) => services.authenticators.get(key)?.descriptor;
  const evidence = provedBeside(subject, facts.evidence, descriptorOf);
  return recoveryAfter(subject, { enrollment: credential, descriptor: authenticator.descriptor, evidence });
}

function isSentCode({ authenticators }: OpenTransaction['services'], evidence: Evidence): boolean {
  return isAddress(evidence) && !authenticators.get(evidence.authenticator)?.descriptor.recovery;
}

/** After a recovery the sign-in continues, and failed attempts with the forgotten secret are cleared. */
export function withoutRecovery(
  context: OpenTransaction,
  { descriptor }: Authenticator,
  { user }: Account,
): OpenTransaction {
  const { request, services, transaction } = context;
  if (!transaction.recovering) return context;
  request.unit.add({ op: 'reset', counter: attemptCounter(user.id, descriptor.key) });
  audit(request.unit, services.audit, {
    event: 'recovery.completed',
    outcome: 'success',
    ...auditContext(context),
    authenticator: descriptor.key,
  });
  return { ...context, transaction: notRecovering(transaction) };
}

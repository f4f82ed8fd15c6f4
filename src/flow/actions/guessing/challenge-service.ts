/**
 * The challenge service, in place of the proof of work (decision 61). This file promises: the transaction records that
 * a response was accepted, but not the response; if the service does not answer, the user has to do work but can still
 * sign in.
 */
import type { ChallengeServiceSettings } from '../../../policy/model/settings.ts';
import { audit } from '../../audit.ts';
import { auditContext, type OpenTransaction } from '../../transaction/open-transaction.ts';
import { type ActionResult, type Fields, withError } from '../verification/verify.ts';
import { siteVerify } from './siteverify.ts';

interface UsableService {
  readonly service: ChallengeServiceSettings;
  readonly secret: string;
}

/** Undefined if no service is configured, its secret is missing, or it already failed in this sign-in. */
export function usableService({ services, snapshot, transaction }: OpenTransaction): UsableService | undefined {
  const { challengeService: service } = snapshot.settings;
  if (service === undefined || transaction.challengeService === 'failed') return undefined;
  const secret = services.secretIn(service.secretEnv);
  return secret === undefined ? undefined : { service, secret };
}

/**
 * Asks the service about the response in the form, if the page showed its challenge. `passed`: the service has accepted
 * a response, now or with an earlier form that was refused for another reason.
 */
export async function checkResponse(
  context: OpenTransaction,
  fields: Fields,
): Promise<ActionResult | { readonly context: OpenTransaction; readonly passed: boolean }> {
  const { services, request, transaction } = context;
  if (transaction.challengeService === 'passed') return { context, passed: true };
  const usable = usableService(context);
  const response = usable && fields[usable.service.responseField];
  if (!usable || !response || transaction.challengeService !== 'asked') return { context, passed: false };
  const result = await siteVerify({ ...usable, response, ip: request.visitor.ip, issuer: services.issuer });
  const inTransaction = (challengeService: 'passed' | 'failed'): OpenTransaction => ({
    ...context,
    transaction: { ...transaction, challengeService },
  });
  if (result.kind === 'taken') return { context: inTransaction('passed'), passed: true };
  const { kind, reason } = result;
  const line = { outcome: 'failure', ...auditContext(context), reason } as const;
  if (kind === 'refused') {
    audit(request.unit, services.audit, { event: 'challenge_service.refused', ...line });
    return withError(context, 'challenge_service.refused');
  }
  audit(request.unit, services.audit, { event: 'challenge_service.failed', ...line });
  services.warn(`the challenge service did not answer as expected, and a proof of work replaces it: ${reason}`);
  return { context: inTransaction('failed'), passed: false };
}

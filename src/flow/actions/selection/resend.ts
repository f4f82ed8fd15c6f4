/** Sends the message of the current challenge or enrollment again, with a new code. No attempt counter is reset. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Pending } from '../../../core/step/transaction.ts';
import { started } from '../../../core/step/transitions.ts';
import { asResendRefusal } from '../../notify/enqueue-messages.ts';
import { rejectedMessage } from '../../notify/rejected-message.ts';
import type { Decided, OpenTransaction } from '../../transaction/open-transaction.ts';
import { resendOffer } from '../enrollment/enroll.ts';
import { resendRegistration } from '../registration/register.ts';
import { type ActionResult, withError } from '../verification/verify.ts';
import { startChallenge } from './start-challenge.ts';

/**
 * `requestedMethod`: one of the methods by which the message can be sent. Absent: the method of the last message. If a
 * limit is reached, nothing is sent and the previous message still counts. Otherwise only the newest counts.
 */
export async function resend(
  context: OpenTransaction,
  decided: Decided,
  requestedMethod?: string,
): Promise<ActionResult> {
  const { pending, registration } = context.transaction;
  if (registration) return resendRegistration(context, decided);
  if (pending?.public.resend !== true) return withError(context, 'form.stale');
  const method = requestedOrPresent(pending, requestedMethod);
  if (method === undefined && requestedMethod !== undefined) return withError(context, 'form.stale');
  const [rejected] = await rejectedMessage(context.request.unit, context.transaction);
  const answer = await (pending.purpose === 'enroll'
    ? resendOffer(context, decided, method)
    : resendChallenge(context, decided, method));
  const { notices } = answer;
  if (notices.length === 0) return { ...answer, notices: [{ code: rejected?.code ?? 'sent.again', level: 'info' }] };
  return pending.public.unsent === true ? answer : { ...answer, notices: notices.map(asResendRefusal) };
}

function requestedOrPresent(
  { public: { methods, method } }: Pending,
  requestedMethod: string | undefined,
): string | undefined {
  const asked: unknown = requestedMethod ?? method;
  return Array.isArray(methods) && methods.includes(asked) ? String(asked) : undefined;
}

async function resendChallenge(
  context: OpenTransaction,
  decided: Decided,
  method: string | undefined,
): Promise<ActionResult> {
  const { pending } = context.transaction;
  const { decision } = decided;
  const isAsked =
    decision.kind === 'challenge' &&
    decision.options.some(
      ({ authenticator: offered, enrollments }) =>
        offered === pending?.authenticator && enrollments.includes(pending.enrollment ?? ''),
    );
  if (!pending || !isAsked) return withError(context, 'form.stale');
  const { purpose, authenticator, enrollment } = pending;
  const plan = { purpose, authenticator, isResend: true as const, ...omitUndefined({ enrollment, method }) };
  const startedChallenge = await startChallenge(context, plan, decided);
  if (startedChallenge.notices.length > 0) return { context, notices: startedChallenge.notices };
  return { context: { ...context, transaction: started(context.transaction, startedChallenge.pending) }, notices: [] };
}

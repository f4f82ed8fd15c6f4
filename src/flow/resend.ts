/** Sends the message of the outstanding challenge or offer again, with a new code. That resets no counter of attempts. */
import { started } from '../core/transaction.ts';
import { resendOffer } from './enroll.ts';
import type { Judged, Loop } from './loop.ts';
import { start } from './start.ts';
import { type Answer, stay } from './verify.ts';

/** Too many messages: nothing is sent, and what was sent before still counts. Otherwise only the newest does. */
export async function resend(loop: Loop, judged: Judged): Promise<Answer> {
  const { pending } = loop.transaction;
  if (pending?.public.resend !== true) return stay(loop, 'form.stale');
  const answer = await (pending.purpose === 'enroll' ? resendOffer(loop, judged) : resendChallenge(loop, judged));
  return answer.messages.length > 0 ? answer : { ...answer, messages: [{ code: 'sent.again', level: 'info' }] };
}

async function resendChallenge(loop: Loop, judged: Judged): Promise<Answer> {
  const { pending } = loop.transaction;
  const { decision } = judged;
  const isAsked =
    decision.kind === 'challenge' &&
    decision.options.some(
      ({ authenticator, enrollments }) =>
        authenticator === pending?.authenticator && enrollments.includes(pending.enrollment ?? ''),
    );
  if (!pending || !isAsked) return stay(loop, 'form.stale');
  const { purpose, authenticator, enrollment } = pending;
  const plan = { purpose, authenticator, ...(enrollment === undefined ? {} : { enrollment }) };
  const begun = await start(loop, plan, judged);
  if (begun.messages.length > 0) return { loop, messages: begun.messages };
  return { loop: { ...loop, transaction: started(loop.transaction, begun.pending) }, messages: [] };
}

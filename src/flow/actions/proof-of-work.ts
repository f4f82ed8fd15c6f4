/**
 * Work for browsers whose network sends many forms that cause messages. This file promises: the task is of this sign-in
 * alone, its answer counts once, and known and unknown users cost the same (decision 49).
 */
import { createHash, randomBytes } from 'node:crypto';
import { networkOf } from '../../authenticators/shared/sending-quotas.ts';
import type { Work } from '../../core/step/step.ts';
import { networkRequestsCounter } from '../../stores/keys.ts';
import type { OpenTransaction } from '../transaction/open-transaction.ts';
import type { ActionResult, Fields } from './verify.ts';

/** What a form comes to: it may go on, or the page comes back with a task. */
export type Admission =
  | { readonly admitted: true; readonly context: OpenTransaction }
  | { readonly admitted: false; readonly refusal: ActionResult };

const HOUR = 3600;
/** The name of the input that takes the answer. */
const answerField = 'work.answer';

/**
 * Counts the form against its network. Beyond what is free, it takes an answer to the task of the page; without one the
 * page comes back with a task, and says how long the network has to wait otherwise. Rejects with `StoreUnavailable`.
 */
export async function admitted(context: OpenTransaction, fields: Fields): Promise<Admission> {
  const { services, request, snapshot, transaction } = context;
  const { free, difficulty } = snapshot.settings.proofOfWork;
  const counter = networkRequestsCounter(networkOf(request.visitor.ip));
  const { work, ...rest } = transaction;
  // A form with an answer uses up nothing of what others of the network have free.
  if (work && isSolved(work, fields[answerField]))
    return { admitted: true, context: { ...context, transaction: rest } };
  const { granted, retryAfter } = await services.store.reserve(counter, [{ limit: free, window: HOUR }]);
  if (granted) return { admitted: true, context: { ...context, transaction: rest } };
  const task: Work = { challenge: randomBytes(16).toString('base64url'), bits: difficulty };
  const messages = [
    { code: 'requests.exceeded', level: 'error', params: { seconds: Math.max(1, retryAfter) } },
  ] as const;
  return { admitted: false, refusal: { context: { ...context, transaction: { ...rest, work: task } }, messages } };
}

/** Whether the SHA-256 of `<challenge>.<answer>` begins with as many zero bits as the task asks for. */
function isSolved({ challenge, bits }: Work, answer: string | undefined): boolean {
  if (answer === undefined || !/^\d{1,15}$/.test(answer)) return false;
  const digest = createHash('sha256').update(`${challenge}.${answer}`).digest();
  return digest.readUInt32BE(0) >>> (32 - bits) === 0;
}

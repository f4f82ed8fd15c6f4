/** Which challenge of a transaction a link in a message stands for. */
import type { Linked } from '../../authenticators/authenticator.ts';
import { type Pending, picked, started } from '../../core/step/transaction.ts';
import { environmentOf, type Loop } from '../transaction/open-transaction.ts';

/** Name of the field that says by which link a form came. */
export const linkField = 'link.token';

export interface LinkedChallenge {
  readonly challenge: Pending;
  readonly linked: Linked;
}

/** Also one that the person left for another way: its code still counts. `undefined`: the link was used, or there is a newer one. */
export function challengeOfLink(loop: Loop, token: string): LinkedChallenge | undefined {
  const { pending, parked = [] } = loop.transaction;
  for (const challenge of [...(pending ? [pending] : []), ...parked]) {
    if (challenge.purpose !== 'challenge') continue;
    const authenticator = loop.runtime.authenticators.get(challenge.authenticator);
    const linked = authenticator?.link?.(challenge.private, token, environmentOf(loop, challenge.authenticator, []));
    if (linked) return { challenge, linked };
  }
  return undefined;
}

/** The person followed the link: they are back at its challenge. Whether the decision asks for it, is for the caller to see. */
export function backByLink(loop: Loop, token: string): Loop | undefined {
  const challenge = challengeOfLink(loop, token)?.challenge;
  if (!challenge || challenge === loop.transaction.pending) return challenge && loop;
  const { purpose, authenticator, enrollment } = challenge;
  const back = picked(loop.transaction, {
    purpose,
    authenticator,
    ...(enrollment === undefined ? {} : { enrollment }),
  });
  return { ...loop, transaction: started(back, challenge) };
}

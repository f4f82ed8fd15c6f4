/** Finds the challenge that a magic link answers. */
import type { MagicLinkDetails } from '../../../authenticators/authenticator.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Pending } from '../../../core/step/transaction.ts';
import { picked, started } from '../../../core/step/transitions.ts';
import { environmentOf, type OpenTransaction } from '../../transaction/open-transaction.ts';

/** The field with the token of the magic link from which the form was sent. */
export const magicLinkField = 'link.token';

export interface MagicLinkChallenge {
  readonly challenge: Pending;
  readonly linked: MagicLinkDetails;
}

/**
 * Includes a challenge that the user has left for another one, since its code still counts. Undefined if the link was
 * used or replaced by a newer one.
 */
export function magicLinkChallenge(context: OpenTransaction, token: string): MagicLinkChallenge | undefined {
  const { pending, parked = [] } = context.transaction;
  for (const challenge of [...(pending ? [pending] : []), ...parked]) {
    if (challenge.purpose !== 'challenge') continue;
    const authenticator = context.services.authenticators.get(challenge.authenticator);
    const linked = authenticator?.readMagicLink?.(
      challenge.private,
      token,
      environmentOf(context, challenge.authenticator, []),
    );
    if (linked) return { challenge, linked };
  }
  return undefined;
}

/** Returns to the challenge of the magic link. The caller checks whether the decision asks for it. */
export function returnByMagicLink(context: OpenTransaction, token: string): OpenTransaction | undefined {
  const challenge = magicLinkChallenge(context, token)?.challenge;
  if (!challenge || challenge === context.transaction.pending) return challenge && context;
  const { purpose, authenticator, enrollment } = challenge;
  const back = picked(context.transaction, { purpose, authenticator, ...omitUndefined({ enrollment }) });
  return { ...context, transaction: started(back, challenge) };
}

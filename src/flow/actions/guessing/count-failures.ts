/** What a wrong attempt counts besides the attempt itself: for its network, and for the risk of the account. */

import { recordFailure } from '../../../users/history/usual-places.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { decoyPastKeys, pastKeys } from '../../facts/unusual.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import type { ActionResult } from '../verification/verify.ts';
import { countWrongPassword, isKnownTo } from './guessing-network.ts';

export interface Tried {
  readonly result: ActionResult;
  readonly account: VersionedAccount | undefined;
  /** The account, or the stable id of an identifier that no account has. */
  readonly subjectId: string;
}

/** Secrets under the password policy are chosen by users, and so the same few by many of them. */
export async function countIfWrong(
  context: OpenTransaction,
  key: string,
  { result: { notices }, account, subjectId }: Tried,
): Promise<void> {
  if (!notices.some(({ code }) => code === 'credentials.invalid')) return;
  if (context.services.authenticators.get(key)?.descriptor.underPasswordPolicy) await countWrongPassword(context);
  await noteFailure(context, account, subjectId);
}

/** Of a browser that the account does not know, for conditions about risk. It costs an unknown identifier the same. */
async function noteFailure(
  context: OpenTransaction,
  account: VersionedAccount | undefined,
  subjectId: string,
): Promise<void> {
  const { services, request, snapshot } = context;
  if (!snapshot.recordsPlaces) return;
  await request.unit.load(account ? pastKeys(subjectId) : decoyPastKeys(subjectId));
  if (account && !isKnownTo(context, account)) recordFailure(request.unit, account.user.id, services.now());
}

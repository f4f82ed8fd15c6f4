/** What a wrong attempt counts towards besides its own limit: the network's wrong passwords, and the account's risk. */

import { recordFailure } from '../../../users/history/usual-places.ts';
import type { VersionedAccount } from '../../../users/record/account.ts';
import { decoyPastKeys, pastKeys } from '../../facts/risk-facts.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import type { ActionResult } from '../verification/verify.ts';
import { countWrongPassword, isUsedBy } from './guessing-network.ts';

export interface TriedAnswer {
  readonly result: ActionResult;
  readonly account: VersionedAccount | undefined;
  /** The account, or the stable id of an unknown identifier. */
  readonly subjectId: string;
}

/** Users choose the secrets under the password policy themselves, and many choose the same few. */
export async function countIfWrong(
  context: OpenTransaction,
  key: string,
  { result: { notices }, account, subjectId }: TriedAnswer,
): Promise<void> {
  if (!notices.some(({ code }) => code === 'credentials.invalid')) return;
  if (context.services.authenticators.get(key)?.descriptor.underPasswordPolicy) await countWrongPassword(context);
  await noteFailure(context, account, subjectId);
}

/**
 * Counts a failure from a browser that the user has never signed in with, for conditions about risk. An unknown
 * identifier takes the same time.
 */
async function noteFailure(
  context: OpenTransaction,
  account: VersionedAccount | undefined,
  subjectId: string,
): Promise<void> {
  const { services, request, snapshot } = context;
  if (!snapshot.recordsPlaces) return;
  await request.unit.load(account ? pastKeys(subjectId) : decoyPastKeys(subjectId));
  if (account && !isUsedBy(context, account)) recordFailure(request.unit, account.user.id, services.now());
}

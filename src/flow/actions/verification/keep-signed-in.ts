/** "Keep me signed in", as the identifier page asks it. */

import type { Facts } from '../../../core/model/facts.ts';
import { offersToKeep } from '../../../core/queries/identifier-page-secret.ts';
import type { Transaction } from '../../../core/step/transaction.ts';
import { keptSignedIn } from '../../../core/step/transitions.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import { type Fields, isTicked } from './verify.ts';

/** The transaction with the answer of the user, which counts only where the page offered it. */
export async function withKeepAnswer(
  { snapshot, app, transaction }: OpenTransaction,
  facts: Facts,
  fields: Fields,
): Promise<Transaction> {
  const isOffered = offersToKeep(await snapshot.policies(app), facts);
  return keptSignedIn(transaction, isOffered && isTicked(fields.rememberMe));
}

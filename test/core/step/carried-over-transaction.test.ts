/** What a sign-in keeps in a further interaction for the same request. */
import { expect, test } from '@jest/globals';
import { carriedOver } from '../../../src/core/step/carried-over-transaction.ts';
import type { Transaction } from '../../../src/core/step/transaction.ts';

test('the actions and proofs of the user are kept, and everything else starts again', () => {
  const names = [
    ...['id', 'event', 'startedAt', 'expiresAt', 'request', 'prefilledIdentifier', 'uiLocales', 'session'],
    ...['expectedSubject', 'subject', 'registration', 'evidence', 'choice', 'pending', 'parked', 'selecting'],
    ...['skipped', 'requestedEnrollment', 'work', 'challengeService', 'recovering', 'keepSignedIn', 'rememberDevice'],
    ...['consented', 'accountSelected', 'deletionAcknowledged', 'recorded', 'proofSecretHash'],
  ] as const satisfies readonly (keyof Transaction)[];
  const before = Object.fromEntries(names.map((name) => [name, `of ${name}`])) as unknown as Transaction;
  expect(carriedOver(before)).toEqual({
    startedAt: 'of startedAt',
    evidence: 'of evidence',
    skipped: 'of skipped',
    keepSignedIn: 'of keepSignedIn',
    rememberDevice: 'of rememberDevice',
    consented: 'of consented',
    accountSelected: 'of accountSelected',
    deletionAcknowledged: 'of deletionAcknowledged',
  });
});

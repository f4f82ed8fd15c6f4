/** What a transaction keeps if one request needs several interactions of oidc-provider. */
import type { Transaction } from './transaction.ts';

/** Which members a further interaction for the same request takes over. The others start again or are set elsewhere. */
const isCarriedOver = {
  id: false,
  event: false,
  startedAt: true,
  expiresAt: false,
  request: false,
  prefilledIdentifier: false,
  uiLocales: false,
  session: false,
  expectedSubject: false,
  subject: false,
  registration: false,
  evidence: true,
  choice: false,
  pending: false,
  parked: false,
  selecting: false,
  skipped: true,
  requestedEnrollment: false,
  work: false,
  challengeService: false,
  recovering: false,
  keepSignedIn: true,
  rememberDevice: true,
  consented: true,
  accountSelected: true,
  deletionAcknowledged: true,
  recorded: false,
  proofSecretHash: false,
  givenSecret: false,
} as const satisfies Record<keyof Transaction, boolean>;

/** The members of the transaction that a further interaction for the same request takes over. */
export function carriedOver(before: Transaction): Partial<Transaction> {
  return Object.fromEntries(Object.entries(before).filter(([name]) => isCarriedOver[name as keyof Transaction]));
}

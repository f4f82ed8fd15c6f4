/** What a sign-in keeps when one request for it takes several interactions of oidc-provider. */
import type { Transaction } from './transaction.ts';

/** Whether a further interaction for the same request goes on with it. All else begins anew, or is set otherwise. */
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
  proofSecret: false,
} as const satisfies Record<keyof Transaction, boolean>;

/** What a further interaction for the same request knows already. */
export function carriedOver(before: Transaction): Partial<Transaction> {
  return Object.fromEntries(Object.entries(before).filter(([name]) => isCarriedOver[name as keyof Transaction]));
}

/** What an allowed sign-in writes, in the commit of the request that issues the code. */
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Decision } from '../../core/model/decision.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { provesStrongest } from '../../core/queries/proves-strongest.ts';
import { recordBrowser } from '../../flow/actions/record-browser.ts';
import { audit } from '../../flow/audit.ts';
import { auditTrace, decidingRules, newReference } from '../../flow/audit-trace.ts';
import { sampledSession } from '../../flow/browser/sso-session.ts';
import { browserUseBy } from '../../flow/browser/used-browser.ts';
import { keptPlace } from '../../flow/browser/visitor.ts';
import { tokenBasisOf } from '../../flow/facts/token-basis.ts';
import { tellOfNewBrowser } from '../../flow/notify/new-browser.ts';
import type { Services } from '../../flow/services.ts';
import { transactionKey } from '../../stores/keys.ts';
import { recordInHistory } from '../../users/history/sign-in-history.ts';
import { appendSignIn } from '../../users/history/sign-in-log.ts';
import { recordUsualNetwork } from '../../users/history/usual-places.ts';
import { currentRequest, type SignOn } from '../request-scope.ts';
import { recordEvidence } from '../storage/session-changes.ts';

type Session = NonNullable<KoaContextWithOIDC['oidc']['session']>;

interface AcceptedSignOn extends Omit<SignOn, 'decision'> {
  readonly services: Services;
  readonly session: Session;
  readonly accountId: string;
  readonly decision: Decision & { readonly kind: 'allow' };
  /** The sign-in is at the strongest level that the account can reach. False without a transaction. */
  readonly isStrongest: boolean;
}

/**
 * Writes the evidence and the limits of the session, the true `acr`, `amr` and `auth_time` for this request's tokens,
 * what identifies the browser and what it remembers, and the audit line. The transaction ends. Does nothing unless the
 * decision allows the sign-in.
 */
export async function acceptSignOn(
  ctx: KoaContextWithOIDC,
  services: Services,
  { decision, ...decided }: SignOn,
): Promise<void> {
  const { session } = ctx.oidc;
  if (decision.kind !== 'allow' || !session?.accountId) return;
  const { snapshot, app, facts } = decided;
  const isStrongest = decided.transaction !== undefined && provesStrongest(await snapshot.policies(app), facts);
  const { accountId } = session;
  const accepted: AcceptedSignOn = { ...decided, decision, services, session, accountId, isStrongest };
  currentRequest().tokenBasis = tokenBasisOf(decided.facts, decision);
  writeSession(accepted, !ctx.oidc.prompts.has('none'));
  await endTransaction(accepted);
  auditCompletion(accepted);
}

/**
 * Without limits that keep the session, its cookie ends when the browser is closed. `isActive`: false for
 * `prompt=none`, which needs no user.
 */
function writeSession(accepted: AcceptedSignOn, isActive: boolean): void {
  const { services, session, accountId, app, snapshot, decision, transaction } = accepted;
  const { unit, visitor } = currentRequest();
  const { acr, amr, authTime } = decision.assurance;
  const { session: limits } = decision;
  Object.assign(session, { acr, amr: [...amr], loginTs: authTime, transient: limits?.kept ? undefined : true });
  const now = services.now();
  const place = keptPlace(visitor);
  const evidence = transaction?.evidence ?? [];
  const used = { at: now, ...place };
  recordEvidence(unit, session.uid, {
    subject: accountId,
    evidence,
    used,
    isActive,
    now,
    ...omitUndefined({ limits }),
  });
  if (evidence.length === 0) return;
  // An enrollment is not a proof of sign-in: the user proved something else, or proved something earlier. The entry is
  // written anyway, because it also names the session.
  const proofs = evidence.filter(({ origin }) => origin !== 'enrollment');
  const proved = [...new Set(proofs.map(({ authenticator }) => authenticator))];
  if (snapshot.historySince !== undefined && accepted.isStrongest && proved.length > 0) recordPast(accepted, now);
  appendSignIn(unit, accountId, { at: now, client: app.clientId, session: session.uid, proved, ...place });
}

/** Called only for a sign-in at the strongest level that the account can reach (decisions 89 and 139). */
function recordPast({ accountId, session, snapshot }: AcceptedSignOn, time: Seconds): void {
  const { unit, visitor } = currentRequest();
  const { recordsPlaces } = snapshot;
  const signIn = { at: time, session: session.uid, ...(recordsPlaces && { ip: visitor.ip }) };
  recordInHistory(unit, accountId, signIn);
  if (recordsPlaces) recordUsualNetwork(unit, accountId, { ...signIn, ip: visitor.ip });
}

async function endTransaction(accepted: AcceptedSignOn): Promise<void> {
  const { services, session, accountId, app, snapshot, decision, transaction, isStrongest } = accepted;
  if (!transaction) return;
  const { unit, visitor } = currentRequest();
  const { rememberable } = decision;
  const { supportingEvidence } = decision.assurance;
  const signedIn = { services, unit, visitor, app, transaction, subject: accountId, supportingEvidence };
  if (transaction.evidence.length > 0) {
    const isUsedBrowser = browserUseBy(unit, visitor, accountId) !== undefined;
    await tellOfNewBrowser({
      services,
      unit,
      visitor,
      app,
      snapshot,
      transaction,
      subject: accountId,
      isUsedBrowser,
      session: session.uid,
    });
  }
  // The session may have got stronger since. A weaker sign-in may have kept a planted secret.
  const validAfter = transaction.givenSecret?.validAfter;
  const usual =
    isStrongest && validAfter !== undefined ? { since: services.now(), session: session.uid, validAfter } : undefined;
  await recordBrowser({ ...signedIn, ...omitUndefined({ rememberable, usual }) });
  unit.delete(transactionKey(transaction.id));
}

function auditCompletion({ services, accountId, app, snapshot, facts, decision, ...more }: AcceptedSignOn): void {
  const { unit, visitor } = currentRequest();
  const transaction = more.transaction?.id ?? newReference();
  const { brought } = visitor;
  const about = { snapshot, app, facts, transaction, at: facts.now, ...omitUndefined({ brought }) };
  const sample = { kind: 'sign_in' as const, ...about, isCompleted: true };
  const inSession = sampledSession(unit, more.session.uid);
  unit.afterCommit(() => services.shadow.take({ ...sample, ...inSession }));
  const { acr, amr, supportingEvidence } = decision.assurance;
  audit(unit, services.audit, {
    event: 'sign_in.completed',
    outcome: 'success',
    subject: accountId,
    client: app.clientId,
    ip: visitor.ip,
    transaction,
    factors: [...new Set(supportingEvidence.flatMap(({ factors }) => factors))].sort(),
    policyRevision: snapshot.revision,
    ...decidingRules(decision),
    ...auditTrace(decision, facts, transaction),
    ...omitUndefined({ waived: decision.waived, acr }),
    amr,
  });
}

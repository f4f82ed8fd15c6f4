/**
 * A `prompt=none` that could not be met, because the user is asked for more. Apps renew silently again and again, so it
 * is recorded once a day while nothing else is asked for and nothing was proved. See decision 182.
 */
import { createHash } from 'node:crypto';
import { oneDay } from '../../core/model/durations.ts';
import { askedKey } from '../../flow/actions/record-decision.ts';
import { audit } from '../../flow/audit.ts';
import { auditTrace, decidingRules, newReference } from '../../flow/audit-trace.ts';
import { peekSso } from '../../flow/browser/sso-session.ts';
import type { Services } from '../../flow/services.ts';
import { currentRequest, type SignOn } from '../request-scope.ts';
import { noteInSession } from '../storage/session-changes.ts';

type RefusedSilently = Pick<SignOn, 'decision' | 'snapshot' | 'app' | 'facts'> & {
  /** What the app is told: the OAuth error. */
  readonly error: string;
  /** Uid of the SSO session. */
  readonly session: string;
};

/** Nothing is recorded of a user who has proved nothing: the answer then is `login_required`. */
export function auditRefusedSilently(services: Services, refused: RefusedSilently): void {
  const { unit, visitor } = currentRequest();
  const { decision, snapshot, app, facts, error, session } = refused;
  if (facts.subject === undefined || facts.evidence.length === 0) return;
  const note = noteOf(refused);
  if (peekSso(unit, session)?.refusedSilently?.includes(note)) return;
  noteInSession(unit, session, { note, now: facts.now });
  const reference = newReference();
  audit(unit, services.audit, {
    event: 'sign_in.asked',
    outcome: 'pending',
    subject: facts.subject.id,
    client: app.clientId,
    ip: visitor.ip,
    transaction: reference,
    policyRevision: snapshot.revision,
    ...decidingRules(decision),
    ...auditTrace(decision, facts, reference),
    reason: error,
  });
}

/** Equal for requests of one day about which a line would say the same. Short, because the session keeps it. */
function noteOf({ decision, snapshot, app, facts, error }: Omit<RefusedSilently, 'session'>): string {
  const proved = Math.max(0, ...facts.evidence.map(({ at }) => at));
  const day = Math.floor(facts.now / oneDay);
  const parts = [app.clientId, error, snapshot.revision, askedKey(decision), decidingRules(decision).rule, proved, day];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 11);
}

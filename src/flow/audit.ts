/** One line per authentication event: who, what, how it came out, and which rule of which revision decided. Never a secret. */
import type { Decision } from '../core/model/decision.ts';
import { keyTable } from '../stores/key-table.ts';
import { auditKey } from '../stores/keys.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';

export interface AuditEvent {
  readonly event:
    | 'authenticator.verified'
    | 'authenticator.refused'
    | 'authenticator.throttled'
    | 'authenticator.enrolled'
    | 'enrollment.skipped'
    | 'authenticator.issued'
    | 'message.queued'
    | 'message.withheld'
    | 'message.failed'
    | 'message.limited'
    | 'message.undeliverable'
    | 'sign_in.completed'
    | 'sign_in.denied'
    | 'sign_in.cancelled'
    | 'account.renamed'
    | 'account.removed'
    | 'account.session_ended'
    | 'account.sessions_ended'
    | 'account.device_forgotten'
    | 'account.device_remembered'
    | 'account.address_added'
    | 'account.address_refused'
    | 'account.address_removed'
    | 'token.refreshed'
    | 'token.refresh_denied'
    | 'token.replayed'
    | 'user.added'
    | 'user.changed'
    | 'user.groups_changed'
    | 'user.suspended'
    | 'user.activated'
    | 'user.unlocked'
    | 'user.reset'
    | 'user.password_set'
    | 'user.deleted';
  readonly outcome: 'success' | 'failure' | 'deny';
  /** Account; absent when nobody who exists is meant. */
  readonly subject?: string;
  readonly client?: string;
  readonly authenticator?: string;
  /** Who did it to the account from outside: the user of the command. */
  readonly by?: string;
  readonly factors?: readonly string[];
  /** How a message goes out: `email`, `sms`, `voice`. */
  readonly channel?: string;
  /** Of a phone number: ISO 3166-1 alpha-2, and its block (E.164 without the last four digits). Never a whole number, never an address. */
  readonly country?: string;
  readonly prefix?: string;
  /** Of an access code: signs, seconds that it counts, how often it counts. */
  readonly length?: number;
  readonly lifetime?: number;
  readonly uses?: number;
  /** All groups that somebody has from now on. */
  readonly groups?: readonly string[];
  readonly ip?: string;
  readonly transaction?: string;
  readonly policyRevision?: number;
  /** `<layer>: <rule>` of the rule that decided. */
  readonly rule?: string;
  /** Code of the reason, when it did not succeed. */
  readonly reason?: string;
  /** All other sessions of the account ended with it, and their tokens. */
  readonly otherSessionsEnded?: true;
  /** Authenticators whose proof the browser was spared. */
  readonly waived?: readonly string[];
  readonly acr?: string;
  readonly amr?: readonly string[];
}

/** Takes finished lines: the log of the process. */
export type AuditSink = (line: Readonly<Record<string, unknown>>) => void;

/** Newest lines that the store keeps for `stepgate audit tail`; the log of the process is the archive. */
const keep = keyTable.audit.lifetime.lines;

/** Appends the line in the unit's commit, and says it in the log once it is written: what is logged has happened. */
export function audit(unit: UnitOfWork, sink: AuditSink, event: AuditEvent): void {
  const { line, op } = auditOp(event);
  unit.add(op);
  unit.afterCommit(() => sink(line));
}

/** The line, and the operation that appends it, for whoever commits by themselves. */
export function auditOp(event: AuditEvent) {
  const line = { time: new Date().toISOString(), kind: 'audit', ...event };
  return { line, op: { op: 'append', key: auditKey, value: JSON.stringify(line), keep } as const };
}

/** The rules that decided, layer by layer, as the audit line and `explain` name them. */
export function decidingRule(decision: Decision): string {
  const layers = decision.trace.layers.filter((layer) => layer.decidedBy !== undefined);
  return layers.map(({ layer, decidedBy }) => `${layer}: ${decidedBy}`).join('; ');
}

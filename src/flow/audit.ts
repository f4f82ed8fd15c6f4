/**
 * The audit log: one line per authentication event. A line says who did what, with which result, and which rule of
 * which revision decided. It never contains a secret, a mail address or a complete phone number. `auditEvents` lists
 * every event with its outcomes and fields; a test checks that each one is emitted and tested.
 */
import { keyTable } from '../stores/key-table.ts';
import { auditKey } from '../stores/keys.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import type { AuditCause } from './audit-cause.ts';
import type { AuditTrace } from './audit-trace.ts';

/** `failure`: because of the user or a limit. `deny`: because of a policy. `pending`: the user is asked for more. */
export type AuditOutcome = 'success' | 'failure' | 'deny' | 'pending';

/** Every field that a line may have besides `time`, `kind`, `event` and `outcome`. */
export interface AuditFields {
  /** Id of the account. Absent if the identifier belongs to no account. */
  readonly subject: string;
  /** Client id of the app. */
  readonly client: string;
  readonly ip: string;
  /**
   * Id of the transaction: the reference that pages show. A sign-in without a page has a reference of its own. For
   * tokens, that of the sign-in on which they are based.
   */
  readonly transaction: string;
  readonly trace: AuditTrace;
  readonly policyRevision: number;
  /** `<layer>: <rule>` for each rule that decided. */
  readonly rule: string;
  /** `<layer>: <rule> (allow|deny|unmet)` for each report-only rule that would have decided. */
  readonly reported: string;
  /** The level of risk, and the signals with their points. Absent if nothing was unusual. */
  readonly risk: string;
  /** Code of the reason, unless the outcome is success. For `sign_in.asked`: the error that `prompt=none` got. */
  readonly reason: string;
  /** Key of the authenticator. */
  readonly authenticator: string;
  /** The authenticator's method, such as `sms`. Absent if it has none. */
  readonly method: string;
  /** Factor types that were proved. */
  readonly factors: readonly string[];
  /** Authenticators that were not asked for because the browser remembers their proof. */
  readonly waived: readonly string[];
  readonly acr: string;
  readonly amr: readonly string[];
  /** All other sessions of the account ended with this event, and so did their tokens. */
  readonly otherSessionsEnded: true;
  /** How a message was sent: `email`, `sms`, `voice`. */
  readonly channel: string;
  /** The country of a phone number: ISO 3166-1 alpha-2. */
  readonly country: string;
  /** The beginning of a phone number: E.164 without the last four digits. */
  readonly prefix: string;
  /** Operating-system user of the command. `self`: the user asked for the change. `serve`: a node, of its files. */
  readonly by: string;
  /** All groups of the user after the change. */
  readonly groups: readonly string[];
  /** Names of attributes and terms, never their values. */
  readonly attributes: readonly string[];
  /** Scopes that the user granted to a third-party app, and those rejected. */
  readonly scopes: readonly string[];
  readonly rejectedScopes: readonly string[];
  /**
   * For an access code: its number of characters, its validity in seconds, and its number of uses. For `store alone`,
   * `lifetime` is the validity of the operator's declaration (seconds).
   */
  readonly length: number;
  readonly lifetime: number;
  readonly uses: number;
  /** The reason in the operator's words. */
  readonly message: string;
  /** The earlier revision that was activated again. */
  readonly back: number;
}

interface AuditEventRow {
  readonly outcomes: readonly AuditOutcome[];
  /** Fields that a line of this event may have. */
  readonly fields: readonly (keyof AuditFields)[];
  readonly causedBy: readonly AuditCause[];
}

const inSignIn = ['subject', 'client', 'ip', 'transaction', 'policyRevision'] as const;
const atAccount = ['subject', 'client', 'ip', 'policyRevision'] as const;
const endingSessions = [...atAccount, 'otherSessionsEnded'] as const;
const byCommand = ['subject', 'by'] as const;
const ofService = ['client', 'ip', 'policyRevision', 'rule', 'reported'] as const;
const ofRevision = ['by', 'policyRevision'] as const;
const ofMove = [...ofRevision, 'message'] as const;
const succeeds = ['success'] as const;
const fails = ['failure'] as const;
const denies = ['deny'] as const;

/** Every event by its name, in the order in which a user meets them. */
export const auditEvents = {
  'authenticator.verified': {
    outcomes: succeeds,
    fields: [...inSignIn, 'authenticator', 'method', 'factors'],
    causedBy: ['identify', 'challenge'],
  },
  'authenticator.refused': {
    outcomes: fails,
    fields: [...inSignIn, 'authenticator', 'reason'],
    causedBy: ['identify', 'challenge', 'enroll'],
  },
  'authenticator.throttled': {
    outcomes: fails,
    fields: [...inSignIn, 'authenticator'],
    causedBy: ['identify', 'challenge', 'enroll'],
  },
  'authenticator.enrolled': {
    outcomes: succeeds,
    fields: [...inSignIn, 'authenticator', 'method', 'factors', 'otherSessionsEnded'],
    causedBy: ['enroll'],
  },
  'recovery.started': {
    outcomes: succeeds,
    fields: [...inSignIn, 'authenticator'],
    causedBy: ['recover', '/oauth2/v1/authorize'],
  },
  'recovery.completed': { outcomes: succeeds, fields: [...inSignIn, 'authenticator'], causedBy: ['enroll'] },
  'enrollment.skipped': { outcomes: succeeds, fields: [...inSignIn, 'authenticator', 'reason'], causedBy: ['skip'] },
  'user.registered': { outcomes: succeeds, fields: inSignIn, causedBy: ['challenge'] },
  'profile.completed': { outcomes: succeeds, fields: [...inSignIn, 'attributes'], causedBy: ['profile'] },
  'profile.skipped': { outcomes: succeeds, fields: [...inSignIn, 'attributes'], causedBy: ['skip'] },
  'challenge_service.refused': { outcomes: fails, fields: [...inSignIn, 'reason'], causedBy: ['identify', 'profile'] },
  'challenge_service.failed': { outcomes: fails, fields: [...inSignIn, 'reason'], causedBy: ['identify', 'profile'] },
  'consent.given': { outcomes: succeeds, fields: [...inSignIn, 'scopes', 'rejectedScopes'], causedBy: ['consent'] },
  'consent.refused': { outcomes: fails, fields: inSignIn, causedBy: ['cancel'] },
  'message.queued': {
    outcomes: succeeds,
    fields: [...inSignIn, 'authenticator', 'channel', 'country', 'prefix'],
    causedBy: ['identify', 'select', 'resend', 'enroll', '/account/addresses', '/account/profile'],
  },
  'message.withheld': {
    outcomes: fails,
    fields: [...inSignIn, 'authenticator', 'reason'],
    causedBy: ['identify', 'select', 'resend'],
  },
  'message.limited': {
    outcomes: fails,
    fields: [...inSignIn, 'authenticator', 'reason'],
    causedBy: ['identify', 'select', 'resend', 'enroll', '/oauth2/v1/authorize'],
  },
  'message.undeliverable': {
    outcomes: fails,
    fields: [...inSignIn, 'authenticator', 'reason'],
    causedBy: ['identify', 'select', 'resend'],
  },
  'message.failed': {
    outcomes: fails,
    fields: ['subject', 'client', 'transaction', 'reason'],
    causedBy: ['the worker of the outbox'],
  },
  'sign_in.completed': {
    outcomes: succeeds,
    fields: [...inSignIn, 'factors', 'rule', 'reported', 'risk', 'trace', 'waived', 'acr', 'amr'],
    causedBy: ['/oauth2/v1/authorize'],
  },
  'sign_in.asked': {
    outcomes: ['pending'],
    fields: [...inSignIn, 'rule', 'reported', 'risk', 'trace', 'reason'],
    causedBy: ['any step', '/oauth2/v1/authorize'],
  },
  'sign_in.new_browser': { outcomes: succeeds, fields: inSignIn, causedBy: ['/oauth2/v1/authorize'] },
  'sign_in.denied': {
    outcomes: denies,
    fields: [...inSignIn, 'rule', 'reported', 'risk', 'trace', 'reason'],
    causedBy: ['any step', '/oauth2/v1/authorize'],
  },
  'sign_in.cancelled': { outcomes: fails, fields: [...inSignIn, 'rule', 'trace'], causedBy: ['cancel'] },
  'account.device_remembered': {
    outcomes: succeeds,
    fields: ['subject', 'client', 'ip', 'transaction'],
    causedBy: ['challenge'],
  },
  'account.renamed': { outcomes: succeeds, fields: [...atAccount, 'authenticator'], causedBy: ['/account'] },
  'account.removed': {
    outcomes: succeeds,
    fields: [...atAccount, 'authenticator', 'otherSessionsEnded'],
    causedBy: ['/account'],
  },
  'account.session_ended': { outcomes: succeeds, fields: atAccount, causedBy: ['/account'] },
  'account.sessions_ended': { outcomes: succeeds, fields: endingSessions, causedBy: ['/account'] },
  'account.device_forgotten': { outcomes: succeeds, fields: atAccount, causedBy: ['/account'] },
  'account.address_added': { outcomes: succeeds, fields: atAccount, causedBy: ['/account'] },
  'account.address_refused': { outcomes: fails, fields: [...atAccount, 'reason'], causedBy: ['/account'] },
  'account.address_removed': { outcomes: succeeds, fields: atAccount, causedBy: ['/account'] },
  'account.sign_in_rejected': { outcomes: succeeds, fields: endingSessions, causedBy: ['/account/not-me'] },
  'account.data_downloaded': { outcomes: succeeds, fields: atAccount, causedBy: ['/account/data'] },
  'account.deletion_requested': { outcomes: succeeds, fields: atAccount, causedBy: ['/account/deletion'] },
  'account.deletion_cancelled': {
    outcomes: succeeds,
    fields: [...atAccount, 'transaction'],
    causedBy: ['/account/deletion', '/account/undo', '/account/not-me', 'keep-account'],
  },
  'service_token.issued': { outcomes: succeeds, fields: ofService, causedBy: ['/oauth2/v1/token'] },
  'service_token.denied': { outcomes: denies, fields: [...ofService, 'reason'], causedBy: ['/oauth2/v1/token'] },
  'account.profile_changed': {
    outcomes: succeeds,
    fields: [...atAccount, 'attributes'],
    causedBy: ['/account/profile'],
  },
  'account.identifier_changed': {
    outcomes: succeeds,
    fields: [...atAccount, 'attributes', 'otherSessionsEnded'],
    causedBy: ['/account/profile'],
  },
  'account.identifier_refused': { outcomes: fails, fields: [...atAccount, 'reason'], causedBy: ['/account/profile'] },
  'account.identifier_restored': {
    outcomes: succeeds,
    fields: [...atAccount, 'attributes', 'otherSessionsEnded'],
    causedBy: ['/account/undo'],
  },
  'account.app_access_ended': { outcomes: succeeds, fields: atAccount, causedBy: ['/account'] },
  'token.denied': {
    outcomes: denies,
    fields: [...inSignIn, 'rule', 'reported', 'trace', 'reason'],
    causedBy: ['/oauth2/v1/token'],
  },
  'token.refreshed': {
    outcomes: succeeds,
    fields: [...inSignIn, 'rule', 'reported', 'trace'],
    causedBy: ['/oauth2/v1/token'],
  },
  'token.refresh_denied': {
    outcomes: denies,
    fields: [...inSignIn, 'rule', 'reported', 'trace', 'reason'],
    causedBy: ['/oauth2/v1/token'],
  },
  'token.reused': { outcomes: fails, fields: ['subject', 'client', 'ip'], causedBy: ['/oauth2/v1/token'] },
  'user.added': { outcomes: succeeds, fields: byCommand, causedBy: ['stepgate users add', 'stepgate users import'] },
  'user.changed': { outcomes: succeeds, fields: byCommand, causedBy: ['stepgate users import'] },
  'user.groups_changed': { outcomes: succeeds, fields: [...byCommand, 'groups'], causedBy: ['stepgate users groups'] },
  'user.suspended': { outcomes: succeeds, fields: byCommand, causedBy: ['stepgate users suspend'] },
  'user.activated': { outcomes: succeeds, fields: byCommand, causedBy: ['stepgate users activate'] },
  'user.unlocked': { outcomes: succeeds, fields: byCommand, causedBy: ['stepgate users unlock'] },
  'user.reset': { outcomes: succeeds, fields: [...byCommand, 'authenticator'], causedBy: ['stepgate users reset'] },
  'user.password_set': {
    outcomes: succeeds,
    fields: [...byCommand, 'authenticator'],
    causedBy: ['stepgate users reset'],
  },
  'authenticator.issued': {
    outcomes: succeeds,
    fields: [...byCommand, 'authenticator', 'length', 'lifetime', 'uses'],
    causedBy: ['stepgate users tac'],
  },
  'store.alone': { outcomes: succeeds, fields: ['by', 'lifetime'], causedBy: ['stepgate store alone'] },
  'store.alone_ended': { outcomes: succeeds, fields: ['by'], causedBy: ['stepgate store alone'] },
  'user.deleted': {
    outcomes: succeeds,
    fields: byCommand,
    causedBy: ['stepgate users delete', 'the worker of deletions'],
  },
  'config.applied': { outcomes: succeeds, fields: ofMove, causedBy: ['stepgate config apply', 'the files of a node'] },
  'config.confirmed': { outcomes: succeeds, fields: ofRevision, causedBy: ['stepgate config confirm'] },
  'config.rolled_back': {
    outcomes: succeeds,
    fields: [...ofMove, 'back'],
    causedBy: ['stepgate config rollback', 'a revision that was not confirmed in time'],
  },
  'store.restored': { outcomes: succeeds, fields: ['by'], causedBy: ['stepgate restore'] },
  'store.epoch_began': { outcomes: succeeds, fields: ['by'], causedBy: ['stepgate store new-epoch'] },
  'store.upgraded': { outcomes: succeeds, fields: ['by'], causedBy: ['stepgate store finish-upgrade'] },
} as const satisfies Record<string, AuditEventRow>;

export type AuditEventName = keyof typeof auditEvents;

type RowOf<Name extends AuditEventName> = (typeof auditEvents)[Name];

/** An event with an outcome and the fields that its row in `auditEvents` allows. */
export type AuditEvent<Name extends AuditEventName = AuditEventName> = {
  readonly event: Name;
  readonly outcome: RowOf<Name>['outcomes'][number];
} & Partial<Pick<AuditFields, RowOf<Name>['fields'][number]>>;

/** Receives each line after it is written: the log of the process. */
export type AuditSink = (line: Readonly<Record<string, unknown>>) => void;

/** How many of the newest lines the store keeps for `stepgate audit tail`. The log of the process is the archive. */
const keep = keyTable.audit.lifetime.lines;

/**
 * Appends the line in the unit's commit, and passes it to the log after the commit, so that everything in the log has
 * happened.
 */
export function audit<Name extends AuditEventName>(unit: UnitOfWork, sink: AuditSink, event: AuditEvent<Name>): void {
  const { line, op } = auditOp(event);
  unit.add(op);
  unit.afterCommit(() => sink(line));
}

/** The line and the operation that appends it, for callers with their own commit. */
export function auditOp<Name extends AuditEventName>(event: AuditEvent<Name>) {
  const line = { time: new Date().toISOString(), kind: 'audit', ...event };
  return { line, op: { op: 'append', key: auditKey, value: JSON.stringify(line), keep } as const };
}

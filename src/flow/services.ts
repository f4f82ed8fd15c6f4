/** What all requests of this node share. */

import type { Authenticator } from '../authenticators/authenticator.ts';
import type { Facts, Seconds } from '../core/model/facts.ts';
import type { App } from '../policy/model/app.ts';
import type { Brought } from '../policy/revision/device-signals.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Store } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import type { AuditSink } from './audit.ts';
import type { ServerSecrets } from './server-mac.ts';

/** The protocol's operations on sessions, within the unit of the request. */
export interface SessionControl {
  /** Ends the session and its grants, and notifies the relying parties. */
  end(uid: string): Promise<void>;
  /**
   * Keeps the session although the account has a new `validAfter`. With `withTokens`, what was issued within it stays
   * valid as well.
   */
  keep(uid: string, validAfter: Seconds, withTokens: boolean): void;
}

/** An app whose access outlives the session. */
export interface OfflineAccess {
  /** Client id. */
  readonly client: string;
  /** Epoch seconds. */
  readonly since: Seconds;
}

/** The protocol's operations on apps, within the unit of the request. */
export interface AppControl {
  /** Apps with refresh tokens that count without a session. Rejects with `StoreUnavailable`. */
  offlineAccess(userId: string): Promise<readonly OfflineAccess[]>;
  /**
   * Removes the app from these sessions (`uid`, loaded) and notifies it. The account records that its tokens are void.
   */
  end(client: string, of: { readonly userId: string; readonly sessions: readonly string[] }): Promise<void>;
}

/** A decision that was made and written. */
export interface ShadowSample {
  readonly kind: 'sign_in' | 'token';
  readonly snapshot: Snapshot;
  readonly app: App;
  readonly facts: Facts;
  /** The reference of the sign-in. */
  readonly transaction?: string;
  /** Of a sign-in: the SSO session that it is in, and when that began (epoch seconds). */
  readonly session?: { readonly uid: string; readonly startedAt?: Seconds };
  /** The user was let in. */
  readonly isCompleted?: boolean;
  /** The same denial may be sampled again, because its page can be shown more than once. */
  readonly isDenied?: boolean;
  /** Epoch seconds. */
  readonly at: Seconds;
  /**
   * Of a sign-in: what its request brought in the headers that the active configuration reads. Absent: it reads none.
   */
  readonly brought?: Brought;
}

/** Receives decisions to compare them with a draft. Returns at once, and never throws. */
export interface ShadowObserver {
  take(sample: ShadowSample): void;
}

export interface Services {
  readonly shadow: ShadowObserver;
  readonly store: Store;
  /** By key, in the order in which they are offered. */
  readonly authenticators: ReadonlyMap<string, Authenticator>;
  readonly audit: AuditSink;
  readonly sessions: SessionControl;
  readonly apps: AppControl;
  /** Base URL of the issuer, without a trailing slash. */
  readonly issuer: string;
  secrets(): ServerSecrets;
  /**
   * The newest revision that this request has seen. Rejects with `StepgateError('not_configured')` if there is none.
   */
  snapshot(unit: UnitOfWork): Promise<Snapshot>;
  /** The newest revision that this node knows, without asking the store. */
  knownSnapshot(): Snapshot | undefined;
  /** Epoch seconds. */
  now(): Seconds;
  /** Whether mail can be sent. Without mail, no page asks for an address. */
  canMail(): boolean;
  /** Tells the node's worker that the outbox has a new message, so that it need not wait for its next round. */
  messagesWait(): void;
  /** A secret from an environment variable. Undefined if not set or empty. */
  secretIn(variable: string): string | undefined;
  /** Writes a warning for operators to the log. */
  warn(message: string): void;
}

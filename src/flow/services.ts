/** What every request of this node shares. */

import type { Authenticator } from '../authenticators/authenticator.ts';
import type { Facts, Seconds } from '../core/model/facts.ts';
import type { App } from '../policy/model/app.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Store } from '../stores/store.ts';
import type { UnitOfWork } from '../stores/unit-of-work.ts';
import type { AuditSink } from './audit.ts';
import type { ServerSecrets } from './server-mac.ts';

/** What the protocol does with sessions, in the unit of the request. */
export interface SessionControl {
  /** Ends it: the session, its grants, and the relying parties hear of it. */
  end(uid: string): Promise<void>;
  /**
   * The session stays although the account has a new `validAfter`. What was issued within it stays, too, if
   * `withTokens`.
   */
  keep(uid: string, valid: Seconds, withTokens: boolean): void;
}

/** An app whose access outlives the session. */
export interface OfflineAccess {
  /** Client id. */
  readonly client: string;
  /** Epoch seconds. */
  readonly since: Seconds;
}

/** What the protocol does with apps, in the unit of the request. */
export interface AppControl {
  /** Apps with refresh tokens that count without a session. Rejects with `StoreUnavailable`. */
  offlineAccess(userId: string): Promise<readonly OfflineAccess[]>;
  /** The app leaves these sessions (`uid`, loaded), and hears of it. The account says that its tokens are void. */
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
  /** A page that says so may be shown again. */
  readonly isDenied?: boolean;
  /** Epoch seconds. */
  readonly at: Seconds;
}

/** Takes decisions to compare them with a draft. Returns at once, and never throws. */
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
   * The newest revision that this request has seen. Rejects with `StepgateError('not_configured')` when there is none.
   */
  snapshot(unit: UnitOfWork): Promise<Snapshot>;
  /** The newest revision that this node knows of, without asking the store. */
  knownSnapshot(): Snapshot | undefined;
  /** Epoch seconds. */
  now(): Seconds;
  /** Whether mail can be sent: without it, no page asks for an address. */
  canMail(): boolean;
  /** A message was written to the outbox: the worker of this node need not wait for its next round. */
  messagesWait(): void;
  /** A secret that is in no file, by the name of its environment variable. `undefined`: not set, or empty. */
  secretIn(variable: string): string | undefined;
  /** Writes a warning for operators to the log. */
  warn(message: string): void;
}

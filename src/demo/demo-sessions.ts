/** Sessions of the demo's relying party, in memory. */
import { randomBytes } from 'node:crypto';
import type { DemoApp } from './demo-apps.ts';
import type { SignInError } from './sign-in-errors.ts';

/** Which of the page's actions started an authorization request. */
export type SignInKind = 'plain' | 'checkout' | 'consent' | 'step-up' | 'again' | 'recent' | 'check';

/** An authorization request without an answer yet. */
export interface PendingSignIn {
  readonly app: DemoApp['key'];
  readonly kind: SignInKind;
  readonly verifier: string;
  readonly nonce: string;
}

/** The provider's claims about the user and the authentication. Times are seconds since the epoch. */
export interface ClaimedAssurance {
  readonly acr: string | undefined;
  readonly amr: readonly string[];
  readonly authTime: number | undefined;
}

export interface SignedIn {
  readonly subject: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** The granted scopes (RFC 6749 section 3.3). */
  readonly scopes: readonly string[];
  readonly assurance: ClaimedAssurance;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly idToken: string;
  readonly refreshToken: string | undefined;
}

/** What the page shows once after an action. */
export type DemoNotice =
  | { readonly kind: 'problem'; readonly problem: SignInError }
  | {
      readonly kind: 'tried';
      readonly action: SignInKind | 'refresh';
      readonly before: ClaimedAssurance | undefined;
      readonly after: ClaimedAssurance;
    };

export interface DemoSession {
  readonly id: string;
  /** By `state`. */
  readonly pending: Map<string, PendingSignIn>;
  readonly signedIn: Map<DemoApp['key'], SignedIn>;
  readonly notices: Map<DemoApp['key'], DemoNotice>;
  /** The `state` of a running sign-out. */
  signingOut?: string;
}

export interface DemoSessions {
  /** The session with this cookie value. Undefined if it was never opened, was dropped, or was unused for an hour. */
  find(id: string | undefined): DemoSession | undefined;
  open(): DemoSession;
  /** The same session under a new identifier, so that one planted before the sign-in is worthless afterwards. */
  renew(session: DemoSession): DemoSession;
  close(session: DemoSession): void;
}

export const sessionSeconds = 3_600;
const maxSessions = 1_000;
const maxPending = 20;

/** Sessions in memory, at most a thousand. The least recently used one is dropped. */
export function createDemoSessions(now: () => number): DemoSessions {
  const sessions = new Map<string, { readonly session: DemoSession; readonly usedAt: number }>();

  function keep(session: DemoSession): DemoSession {
    sessions.delete(session.id);
    sessions.set(session.id, { session, usedAt: now() });
    dropOldest(sessions, maxSessions);
    return session;
  }

  return {
    find(id) {
      const entry = id === undefined ? undefined : sessions.get(id);
      if (entry === undefined) return undefined;
      if (now() - entry.usedAt < sessionSeconds) return keep(entry.session);
      sessions.delete(entry.session.id);
      return undefined;
    },
    open: () => keep({ id: newId(), pending: new Map(), signedIn: new Map(), notices: new Map() }),
    renew(session) {
      sessions.delete(session.id);
      return keep({ ...session, id: newId() });
    },
    close: (session) => void sessions.delete(session.id),
  };
}

/** Stores a request. Old unanswered requests are dropped. */
export function addPending(session: DemoSession, state: string, pending: PendingSignIn): void {
  session.pending.set(state, pending);
  dropOldest(session.pending, maxPending);
}

function dropOldest(map: Map<string, unknown>, limit: number): void {
  for (const key of map.keys()) {
    if (map.size <= limit) return;
    map.delete(key);
  }
}

const newId = () => randomBytes(32).toString('base64url');

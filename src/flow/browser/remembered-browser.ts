/**
 * Browsers that remember a user's second factor at the user's request. This file promises: a memory is stored with the
 * proved enrollment and is removed with it; it is bound to the browser's secret and to the account; whatever voids the
 * account's sessions voids it. The app's rule decides each time whether the memory waives a proof.
 */

import { createHash, randomBytes } from 'node:crypto';
import type { BrowserMemory, Credential } from '../../authenticators/authenticator.ts';
import type { Evidence, RememberedProof, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { credentialsKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import { type Account, parseCredentials, serializeCredentials } from '../../users/record/user.ts';

/** Browsers per enrollment. The one whose proof is oldest is forgotten. */
const maxBrowsers = 20;

/** The secret has 256 random bits, so its hash reveals nothing. */
function rememberedHash(secret: string, subject: string): string {
  return createHash('sha256').update(`remembered\n${subject}\n${secret}`).digest('base64url');
}

/** What this browser remembers for this account. */
export function rememberedBy({ user, credentials }: Account, secret: string | undefined): readonly RememberedProof[] {
  if (secret === undefined || !credentials.some(({ remembered }) => remembered)) return [];
  const browser = rememberedHash(secret, user.id);
  return credentials.flatMap(({ id, authenticator, remembered = [] }) =>
    remembered
      .filter((memory) => memory.browser === browser && memory.validAfter === user.validAfter)
      .map(({ factors, characteristics, method, at, until }) => {
        return { authenticator, enrollment: id, factors, characteristics, ...omitUndefined({ method }), at, until };
      }),
  );
}

/** Whether this browser already remembers something for this account. */
export function isRememberedWith(account: Account, secret: string, now: Seconds): boolean {
  return rememberedBy(account, secret).some(({ until }) => now < until);
}

/** Remembers the possession proofs of this sign-in. No other proof is ever waived. */
export function rememberProofs(
  unit: UnitOfWork,
  {
    user,
    secret,
    evidence,
    seconds,
    now,
    ip,
    userAgent,
  }: {
    readonly user: Account['user'];
    /** The browser's secret. */
    readonly secret: string;
    readonly evidence: readonly Evidence[];
    readonly seconds: Seconds;
    /** Epoch seconds. */
    readonly now: Seconds;
    readonly ip: string;
    readonly userAgent: string;
  },
): void {
  const browser = rememberedHash(secret, user.id);
  const proofs = evidence.filter(({ factors, subject }) => subject === user.id && factors.includes('possession'));
  const about = { browser, validAfter: user.validAfter, ip, userAgent };
  const entries = proofs.map(({ enrollment, factors, characteristics, method, at }) => {
    const id = randomBytes(12).toString('base64url');
    const proved = { factors, characteristics, ...omitUndefined({ method }), at };
    return { enrollment, added: { id, ...about, ...proved, until: at + seconds } };
  });
  changeCredentials(unit, user.id, (credential) => {
    const added = entries.findLast(({ enrollment }) => enrollment === credential.id)?.added;
    if (!added) return credential;
    const others = (credential.remembered ?? []).filter(
      (memory) => memory.browser !== browser && isRemembered(memory, user, now),
    );
    const remembered = [added, ...others].sort((one, other) => other.at - one.at).slice(0, maxBrowsers);
    return { ...credential, remembered };
  });
}

/** A remembered browser, with the authenticators whose proof it waives. */
export interface RememberedBrowser {
  /** Identifies the browser to its owner. */
  readonly id: string;
  readonly current: boolean;
  /** The last proof, and when the last memory ends (epoch seconds). */
  readonly at: Seconds;
  readonly until: Seconds;
  readonly ip: string;
  readonly userAgent: string;
  /** Keys of the authenticators. */
  readonly authenticators: readonly string[];
}

export interface RememberedBrowsersQuery {
  /** The secret of the asking browser. Absent if it has none. */
  readonly secret?: string | undefined;
  /** Epoch seconds. */
  readonly now: Seconds;
  /** Whether a remembered proof waives anything. */
  readonly isWaived: (proof: RememberedProof) => boolean;
}

/** Newest first. */
export function rememberedBrowsers(
  { user, credentials }: Account,
  { secret, now, isWaived }: RememberedBrowsersQuery,
): readonly RememberedBrowser[] {
  const own = secret === undefined ? undefined : rememberedHash(secret, user.id);
  const all = credentials.flatMap(({ id: enrollment, authenticator, remembered = [] }) =>
    remembered
      .filter((proof) => isRemembered(proof, user, now) && isWaived({ authenticator, enrollment, ...proof }))
      .map((proof) => ({ authenticator, ...proof })),
  );
  const byBrowser = Map.groupBy(
    all.sort((one, other) => other.at - one.at),
    ({ browser }) => browser,
  );
  return [...byBrowser].flatMap(([browser, entries]) => {
    const [newest] = entries;
    if (!newest) return [];
    const { id, at, ip, userAgent } = newest;
    const until = Math.max(...entries.map((entry) => entry.until));
    const authenticators = [...new Set(entries.map((entry) => entry.authenticator))];
    return [{ id, current: browser === own, at, until, ip, userAgent, authenticators }];
  });
}

/** Makes the browser ask for every proof again from its next sign-in on. `id`: from `rememberedDevices`. */
export function forgetRememberedBrowser(unit: UnitOfWork, { user, credentials }: Account, id: string): void {
  const browser = credentials.flatMap(({ remembered = [] }) => remembered).find((memory) => memory.id === id)?.browser;
  changeCredentials(unit, user.id, ({ remembered, ...credential }) => {
    const kept = (remembered ?? []).filter((memory) => memory.browser !== browser);
    return kept.length > 0 ? { ...credential, remembered: kept } : credential;
  });
}

/** After everything was voided: keeps what this browser (`secret`) remembers, and removes what others remember. */
export function rememberedOnlyBy(
  credentials: readonly Credential[],
  secret: string | undefined,
  { before, after }: { readonly before: Account['user']; readonly after: Account['user'] },
): readonly Credential[] {
  const browser = secret === undefined ? undefined : rememberedHash(secret, after.id);
  return credentials.map(({ remembered = [], ...credential }) => {
    const own = remembered.filter((memory) => memory.browser === browser && memory.validAfter === before.validAfter);
    const kept = own.map((memory) => ({ ...memory, validAfter: after.validAfter }));
    return kept.length > 0 ? { ...credential, remembered: kept } : credential;
  });
}

function isRemembered(memory: BrowserMemory, { validAfter }: Account['user'], now: Seconds): boolean {
  return memory.validAfter === validAfter && now < memory.until;
}

function changeCredentials(unit: UnitOfWork, user: string, change: (credential: Credential) => Credential): void {
  unit.merge(credentialsKey(user), (current) => {
    if (current === undefined) return undefined;
    const changed = serializeCredentials(parseCredentials(current).map(change));
    return changed === current ? undefined : { value: changed };
  });
}

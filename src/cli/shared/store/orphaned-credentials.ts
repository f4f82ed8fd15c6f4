/**
 * Credentials that would become unusable under a configuration: they were made for one relying party (Web
 * Authentication Level 3 section 5.1.2), and the configuration names another one. See decision 39.
 */
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { type Documents, documentKey } from '../../../policy/model/documents.ts';
import type { Settings } from '../../../policy/model/settings.ts';
import { readSettings } from '../../../policy/revision/read-document.ts';
import { userKey, usersKey } from '../../../stores/keys.ts';
import type { Store } from '../../../stores/store.ts';
import { accountsOf } from '../../../users/record/account.ts';
import type { Account } from '../../../users/record/user.ts';
import { activeSettings } from '../configuration/active-settings.ts';

interface Installation {
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
}

/** A relying party that would change. */
interface Change {
  readonly authenticator: string;
  readonly relyingParty: string;
}

/** Credentials that would become unusable. */
export interface Orphaned {
  readonly authenticator: string;
  /** The id that the configuration names. */
  readonly relyingParty: string;
  readonly passkeys: number;
  /** The number of users who have them. */
  readonly users: number;
}

/**
 * Empty if all credentials stay usable. Users are read only if a relying party changes. Rejects with
 * `StoreUnavailable`.
 */
export async function orphanedBy(
  store: Store,
  documents: Documents,
  installation: Installation,
): Promise<readonly Orphaned[]> {
  const before = await activeSettings(store, installation.authenticators);
  const document = documents.get(documentKey('settings', 'settings'));
  if (before === undefined || document === undefined) return [];
  const after = readSettings(document, installation.authenticators);
  const found: Orphaned[] = [];
  for (const change of changesBetween(before, after, installation)) {
    const counts = await countOrphans(store, change);
    if (counts.passkeys > 0) found.push({ ...change, ...counts });
  }
  return found;
}

function changesBetween(
  before: Settings,
  after: Settings,
  { authenticators, issuer }: Installation,
): readonly Change[] {
  return authenticators.flatMap(({ key, relyingParty }) => {
    const idIn = (settings: Settings) => {
      const own = settings.authenticators[key];
      return own && relyingParty?.(own, issuer ?? settings.issuer)?.id;
    };
    const to = idIn(after);
    return to === undefined || to === idIn(before) ? [] : [{ authenticator: key, relyingParty: to }];
  });
}

async function countOrphans(store: Store, change: Change) {
  let [passkeys, users] = [0, 0];
  for await (const ids of store.members(usersKey)) {
    const { entries } = await store.load(ids.map(userKey));
    const counts = accountsOf(entries, ids).accounts.map((account) => orphansIn(account, change));
    passkeys += counts.reduce((sum, count) => sum + count, 0);
    users += counts.filter((count) => count > 0).length;
  }
  return { passkeys, users };
}

function orphansIn({ credentials }: Account, { authenticator, relyingParty: to }: Change): number {
  const own = credentials.filter((credential) => credential.authenticator === authenticator);
  return own.filter(({ relyingParty }) => relyingParty !== undefined && relyingParty !== to).length;
}

/** One sentence on one line. */
export function orphanedText({ authenticator, relyingParty, passkeys, users }: Orphaned): string {
  const counted = `${passkeys} ${passkeys === 1 ? 'passkey' : 'passkeys'} of ${users} ${users === 1 ? 'user' : 'users'}`;
  return `stepgate.yaml: authenticators.${authenticator}.rpId: ${counted} would never work again: they were not made for ${relyingParty}`;
}

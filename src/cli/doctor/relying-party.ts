/**
 * Checks that browsers let the pages of the issuer use the passkeys: the issuer is the relying party or below it, or
 * `https://<rpId>/.well-known/webauthn` lists it (Web Authentication Level 3 section 5.11).
 */
import type { AuthenticatorKind, RelyingParty } from '../../policy/model/authenticator-kind.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { type CheckResult, fail, ok, warn } from './finding.ts';

export type Fetch = (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>;

/** How long to wait for the host of the relying party (milliseconds). */
const patience = 5_000;

/** Empty if no enabled authenticator has a relying party. Findings never make it reject. */
export async function checkRelyingParties(
  settings: Settings,
  authenticators: readonly AuthenticatorKind[],
  { issuer, fetch }: { readonly issuer: string | undefined; readonly fetch: Fetch },
): Promise<readonly CheckResult[]> {
  if (issuer === undefined || !URL.canParse(issuer)) return [];
  const parties = authenticators.flatMap(({ key, relyingParty }) => {
    const own = settings.authenticators[key];
    return (own?.enabled && relyingParty?.(own, issuer)) || [];
  });
  return Promise.all(parties.map((party) => checkRelyingParty(party, new URL(issuer), fetch)));
}

async function checkRelyingParty(party: RelyingParty, issuer: URL, fetch: Fetch): Promise<CheckResult> {
  const needsList = party.origins.filter((origin) => !isBelow(new URL(origin).hostname, party.id));
  if (needsList.length === 0) return ok('passkeys', `are for ${party.id}, and work at ${party.origins.join(', ')}`);
  const listed = await listedOrigins(party.id, fetch);
  const address = `https://${party.id}/.well-known/webauthn`;
  const remedy = `serve there what ${issuer.origin}/.well-known/webauthn says, as application/json`;
  if (typeof listed === 'string') return failOrWarn(issuer, needsList)('passkeys', `${address} ${listed}`, remedy);
  const missing = needsList.filter((origin) => !listed.includes(origin));
  if (missing.length === 0) return ok('passkeys', `${address} lists ${needsList.join(', ')}`);
  return failOrWarn(issuer, missing)('passkeys', `${address} does not list ${missing.join(', ')}`, remedy);
}

/** If the issuer is not in the list, no passkey works at all. */
function failOrWarn(issuer: URL, missing: readonly string[]): typeof fail {
  return missing.includes(issuer.origin) ? fail : warn;
}

function isBelow(host: string, id: string): boolean {
  return host === id || host.endsWith(`.${id}`);
}

/** The list, or a description of its fault. */
async function listedOrigins(id: string, fetch: Fetch): Promise<readonly unknown[] | string> {
  try {
    const response = await fetch(`https://${id}/.well-known/webauthn`, { signal: AbortSignal.timeout(patience) });
    if (response.status !== 200) return `answers ${response.status}`;
    if (!/^application\/json\b/i.test(response.headers.get('content-type') ?? '')) return 'is not application/json';
    const { origins } = (await response.json()) as { readonly origins?: unknown };
    return Array.isArray(origins) ? origins : 'has no list `origins`';
  } catch {
    return 'does not answer with JSON';
  }
}

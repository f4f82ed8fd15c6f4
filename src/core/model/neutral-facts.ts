/** Facts about nothing in particular: what is asked apart from a sign-in begins with these, and says what it asks. */
import type { Facts, RequestFacts } from './facts.ts';

/** A request that asks for nothing but these scopes. */
export function neutralRequest(clientId: string, scopes: readonly string[] = []): RequestFacts {
  return { clientId, scopes, acrValues: [], acrEssential: false, promptLogin: false };
}

/** In no network, of a browser that nothing is known of, by a user who has proved nothing; with these parts instead. */
export function neutralFacts<Parts extends Pick<Facts, 'now' | 'request'> & Partial<Facts>>(
  parts: Parts,
): Facts & Parts {
  return {
    network: { ip: '', zones: [] },
    device: { known: false, platform: 'other', os: 'other' },
    evidence: [],
    ...parts,
  };
}

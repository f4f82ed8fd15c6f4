/** The apps that the policies would let this user open now, perhaps after further proofs, and their addresses. */
import { evaluate } from '../../core/decision/evaluate.ts';
import { type AppLabel, appAddress, appLabel } from '../../policy/revision/brand.ts';
import type { OpenAccount } from './open-account.ts';

export interface OpenableApp extends Omit<AppLabel, 'ownAccount'> {
  readonly href: string;
}

/**
 * Sorted by name. Contains only apps that say how to open them (`initiate_login_uri`, `client_uri`) and are not hidden.
 * Rejects with `StoreUnavailable`, or if the configuration cannot be read.
 */
export async function openableApps({ services, snapshot, facts }: OpenAccount): Promise<readonly OpenableApp[]> {
  const open: OpenableApp[] = [];
  for (const { app, openable } of await snapshot.equivalentApps()) {
    const request = { ...facts.request, clientId: app.clientId };
    // Opening the app may still require proofs. Only a denial excludes it.
    const isOpen = openable.length > 0 && evaluate(await snapshot.policies(app), { ...facts, request }).kind !== 'deny';
    for (const candidate of isOpen ? openable : []) {
      const href = appAddress(candidate.client, services.issuer);
      if (href !== undefined) open.push({ ...appLabel(candidate, snapshot), href });
    }
  }
  return open.toSorted((one, other) => one.name.localeCompare(other.name));
}

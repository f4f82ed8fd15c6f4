/** The apps that the policies would let this user into now, perhaps after further proofs, and how each is opened. */
import { evaluate } from '../../core/decision/evaluate.ts';
import { type AppLabel, appAddress, appLabel } from '../../policy/revision/brand.ts';
import type { OpenAccount } from './open-account.ts';

export interface OpenableApp extends Omit<AppLabel, 'ownAccount'> {
  readonly href: string;
}

/**
 * By name. Only apps that say how they are opened (`initiate_login_uri`, `client_uri`) and do not hide. Rejects with
 * `StoreUnavailable`, or when the configuration cannot be read.
 */
export async function openableApps({ services, snapshot, facts }: OpenAccount): Promise<readonly OpenableApp[]> {
  const open: OpenableApp[] = [];
  for (const { app, openable } of await snapshot.equivalentApps()) {
    const request = { ...facts.request, clientId: app.clientId };
    // Further proofs may be asked for when the app is opened: only a denial keeps the user out.
    const isOpen = openable.length > 0 && evaluate(await snapshot.policies(app), { ...facts, request }).kind !== 'deny';
    for (const app of isOpen ? openable : []) {
      const href = appAddress(app.client, services.issuer);
      if (href !== undefined) open.push({ ...appLabel(app, snapshot), href });
    }
  }
  return open.toSorted((one, other) => one.name.localeCompare(other.name));
}

/** The apps that the user could no longer sign in to without this enrollment. */
import { isLostWithout } from '../../core/queries/removal.ts';
import { serverMac } from '../server-mac.ts';
import { type NamedApps, namedApps } from './named-apps.ts';
import type { OpenAccount } from './open-account.ts';

export interface LostApps extends NamedApps {
  /** Identifies the list that the user confirms. If the apps change, the user is asked again. */
  readonly confirmation: string;
}

/** Undefined if no app would be lost. Rejects with `StoreUnavailable`, or if the configuration cannot be read. */
export async function appsLostWithout(context: OpenAccount, enrollment: string): Promise<LostApps | undefined> {
  const { snapshot, facts, services, session } = context;
  const lost = [];
  for (const group of await snapshot.equivalentApps()) {
    const request = { ...facts.request, clientId: group.app.clientId };
    if (isLostWithout(await snapshot.policies(group.app), { ...facts, request }, enrollment)) lost.push(group);
  }
  if (lost.length === 0) return undefined;
  const { names, more } = namedApps(lost);
  const question = [session.uid, enrollment, ...lost.flatMap((group) => [String(group.count), ...group.names])];
  return { names, more, confirmation: serverMac(services.secrets().slice(-1), 'lost apps', question) };
}

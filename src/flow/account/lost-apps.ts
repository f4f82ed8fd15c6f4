/** The apps that somebody could no longer sign in to without one of their enrollments. */
import { isLostWithout } from '../../core/removal.ts';
import { serverMac } from '../server-mac.ts';
import type { OpenAccount } from './open-account.ts';

export interface LostApps {
  /** The first of their names, sorted. */
  readonly names: readonly string[];
  /** How many more there are. */
  readonly more: number;
  /** What the person says yes to: another list is another question. */
  readonly confirmation: string;
}

/** Names on the page. */
const shown = 10;

/** `undefined`: none. Rejects with `StoreUnavailable`, or when the configuration cannot be read. */
export async function appsLostWithout(open: OpenAccount, enrollment: string): Promise<LostApps | undefined> {
  const { snapshot, facts, runtime, session } = open;
  const lost = [];
  for (const group of await snapshot.appGroups()) {
    const request = { ...facts.request, clientId: group.app.clientId };
    if (isLostWithout(await snapshot.policies(group.app), { ...facts, request }, enrollment)) lost.push(group);
  }
  if (lost.length === 0) return undefined;
  const names = lost.flatMap((group) => group.names).toSorted((one, other) => one.localeCompare(other));
  const count = lost.reduce((sum, group) => sum + group.count, 0);
  const question = [session.uid, enrollment, String(count), ...names];
  return {
    names: names.slice(0, shown),
    more: count - Math.min(shown, names.length),
    confirmation: serverMac(runtime.secrets().slice(-1), 'lost apps', question),
  };
}

/** Why users may not remove one of their authenticators. */
import type { RequiredEnrollment } from '../../core/model/enrollment-policy.ts';
import { demandsOn, isLastSignInOption } from '../../core/queries/removal.ts';
import type { EquivalentApps } from '../../policy/revision/equivalent-apps.ts';
import { type NamedApps, namedApps } from './named-apps.ts';
import type { OpenAccount } from './open-account.ts';
import { enrollableBy, isFullOf } from './overview.ts';

export type RemovalRefusal =
  /** Without it, they could not sign in to the account pages any more. */
  | { readonly reason: 'last' }
  /** The enrollment policy requires it, or one of several to which it belongs. */
  | {
      readonly reason: 'required';
      /** The apps whose policies require it. */
      readonly apps: NamedApps;
      /** Keys of authenticators of which one more would satisfy all of these apps. */
      readonly instead: readonly string[];
    };

interface Demanding extends Pick<EquivalentApps, 'names' | 'count'> {
  readonly demands: readonly RequiredEnrollment[];
}

/** Undefined if it may be removed. Rejects with `StoreUnavailable`, or if the configuration cannot be read. */
export async function refusalOf(context: OpenAccount, enrollment: string): Promise<RemovalRefusal | undefined> {
  const { policies, facts, account, snapshot } = context;
  if (!account.credentials.some(({ id }) => id === enrollment)) return undefined;
  const brand = snapshot.settings.brand.name;
  const own: Demanding = { names: [brand], count: 1, demands: demandsOn(policies, facts, enrollment) };
  const demanding = [own];
  for (const { app, names, count } of await snapshot.equivalentApps()) {
    const request = { ...facts.request, clientId: app.clientId };
    const demands = demandsOn(await snapshot.policies(app), { ...facts, request }, enrollment);
    demanding.push({ names, count, demands });
  }
  const found = demanding.filter(({ demands }) => demands.length > 0);
  if (found.length > 0) {
    const instead = sharedBy(found.flatMap(({ demands }) => demands)).filter((key) => canAdd(context, key, enrollment));
    // The account app is named only if no other app requires the authenticator.
    const others = found.filter((other) => other !== own);
    return { reason: 'required', apps: namedApps(others.length > 0 ? others : found), instead };
  }
  return isLastSignInOption(policies, facts, enrollment) ? { reason: 'last' } : undefined;
}

/** The keys in all of these requirements, in the order of the first. */
function sharedBy([first, ...others]: readonly RequiredEnrollment[]): readonly string[] {
  return first?.anyOf.filter((key) => others.every(({ anyOf }) => anyOf.includes(key))) ?? [];
}

/** If only one enrollment is allowed, a new one would replace it and so add nothing. */
function canAdd(context: OpenAccount, key: string, enrollment: string): boolean {
  const { account, services } = context;
  const removed = account.credentials.find(({ id }) => id === enrollment);
  const isReplaced =
    removed?.authenticator === key && services.authenticators.get(key)?.descriptor.maxEnrollments === 1;
  return !isReplaced && !isFullOf(context, key) && enrollableBy(context).includes(key);
}

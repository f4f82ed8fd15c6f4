/**
 * Links in notifications that act without a sign-in. This file promises: opening one changes nothing (programs open
 * links, too), the form behind it counts once, and the store holds no link, only its hash.
 */
import { randomBytes } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { accountLinkKey, userKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Services } from '../services.ts';

/** What a link does. */
export type AccountLink =
  /** Undoes a change of an identifier. `change`: id of the `FormerIdentifier`. */
  { readonly kind: 'undo'; readonly user: string; readonly change: string };

/** Where the links of each kind lead to. */
const paths: Readonly<Record<AccountLink['kind'], string>> = { undo: '/account/undo' };

/** Writes the link in the unit's commit, and returns its address. `lifetime`: seconds. */
export function createLink(
  { services, unit }: { readonly services: Pick<Services, 'issuer'>; readonly unit: UnitOfWork },
  link: AccountLink,
  lifetime: Seconds,
): string {
  const token = randomBytes(32).toString('base64url');
  unit.put(accountLinkKey(token), { value: JSON.stringify(link), ttl: lifetime, refs: [userKey(link.user)] });
  return `${services.issuer}${paths[link.kind]}?t=${token}`;
}

function parseAccountLink(value: string): AccountLink {
  return JSON.parse(value) as AccountLink;
}

/** `undefined`: there is no such link of this kind, or it was used, or its time is over. */
export async function readLink<Kind extends AccountLink['kind']>(
  unit: UnitOfWork,
  kind: Kind,
  token: unknown,
): Promise<Extract<AccountLink, { kind: Kind }> | undefined> {
  if (typeof token !== 'string' || !/^[\w-]{43}$/.test(token)) return undefined;
  const entry = await unit.get(accountLinkKey(token));
  const link = entry && parseAccountLink(entry.value);
  return link?.kind === kind ? (link as Extract<AccountLink, { kind: Kind }>) : undefined;
}

/** The link counts once: of two requests one wins. */
export function consumeLink(unit: UnitOfWork, token: string): void {
  unit.take(accountLinkKey(token));
}

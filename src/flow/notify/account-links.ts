/**
 * Links in notifications that act without a sign-in. This file promises: opening one changes nothing (programs open
 * links, too), the form behind it counts once, and the store holds no link, only its hash.
 */
import { randomBytes } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { accountLinkKey, userKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Services } from '../services.ts';

/** What a link does. `undo` takes back a change of an identifier; `change` is the id of its `FormerIdentifier`. */
export type AccountLink = { readonly kind: 'undo'; readonly user: string; readonly change: string } | RejectSignIn;

/** Says that a sign-in was not the user's. */
export interface RejectSignIn {
  readonly kind: 'not_me';
  readonly user: string;
  /** Uid of the SSO session. */
  readonly session: string;
  /** Key of the entry of the browser. */
  readonly device: string;
  /** What the page says of it: when (epoch seconds), in which app, and from where; empty texts: not known. */
  readonly at: Seconds;
  readonly app: string;
  readonly browser: string;
  readonly system: string;
  readonly ip: string;
}

/** Where the links of each kind lead to. */
const paths: Readonly<Record<AccountLink['kind'], string>> = {
  undo: '/account/undo',
  not_me: '/account/not-me',
};

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

/**
 * Links in notifications that act without a sign-in. This file promises: opening one changes nothing (since programs
 * open links as well), the form behind it counts once, and the store contains only the hash of a link.
 */
import { randomBytes } from 'node:crypto';
import type { Seconds } from '../../core/model/facts.ts';
import { accountLinkKey, userKey } from '../../stores/keys.ts';
import type { UnitOfWork } from '../../stores/unit-of-work.ts';
import type { Services } from '../services.ts';

/** What a link does. `undo` reverts a change of an identifier; `change` is the id of its `FormerIdentifier`. */
export type AccountLink = { readonly kind: 'undo'; readonly user: string; readonly change: string } | RejectSignIn;

/** Reports a sign-in as not the user's own. */
export interface RejectSignIn {
  readonly kind: 'not_me';
  readonly user: string;
  /** Uid of the SSO session. */
  readonly session: string;
  /** Key of the browser's entry. */
  readonly usedBrowser: string;
  /** What the page says about it: when (epoch seconds), in which app, and from where. Empty texts if unknown. */
  readonly at: Seconds;
  readonly app: string;
  readonly browser: string;
  readonly system: string;
  readonly ip: string;
}

/** The path for each kind of link. */
const paths: Readonly<Record<AccountLink['kind'], string>> = {
  undo: '/account/undo',
  not_me: '/account/not-me',
};

/** Writes the link in the unit's commit, and returns its URL. `lifetime`: seconds. */
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

/** Undefined if there is no such link of this kind, or if it was used or has expired. */
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

/** The link counts once: of two requests, one succeeds. */
export function consumeLink(unit: UnitOfWork, token: string): void {
  unit.take(accountLinkKey(token));
}

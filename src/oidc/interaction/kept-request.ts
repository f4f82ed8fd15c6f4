/**
 * What a browser stores of the authorization request, so that the user can start again after the sign-in is over
 * (decision 41). It is a signed cookie at the path of the sign-in, and outlives it. It is used only for a redirect to
 * the authorization endpoint, which checks the request like any other.
 */

import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { oneDay } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { cookieAttributes, cookieName } from '../../flow/browser/cookie-table.ts';
import { isPushed } from '../provider-types.ts';

type Interaction = InstanceType<Provider['Interaction']>;
type CookieContext = Pick<KoaContextWithOIDC, 'cookies'>;

export interface KeptRequest {
  readonly uid: string;
  readonly clientId: string;
  /** `device`: it came from the page for user codes. */
  readonly from: 'app' | 'device';
  /** The parameters, as a query. Absent if the request can be used only once, or is too long to store. */
  readonly query?: string;
}

/** A user may leave a page open in the evening and return to it the next morning. */
const keptBeyondSignIn: Seconds = oneDay;

/** Proxies accept 4 KiB for all headers of a response, and the one that begins a sign-in has other cookies as well. */
const longestValue = 2048;

const authorizationPath = '/oauth2/v1/authorize';

export function keepRequest(
  ctx: CookieContext,
  { issuer }: Pick<Provider, 'issuer'>,
  {
    interaction,
    path,
    lifetime,
  }: { readonly interaction: Interaction; readonly path: string; readonly lifetime: Seconds },
): void {
  const query = queryOf(interaction);
  const without: KeptRequest = {
    uid: interaction.uid,
    clientId: String(interaction.params.client_id),
    from: interaction.deviceCode === undefined ? 'app' : 'device',
  };
  const whole = encode(query === undefined ? without : { ...without, query });
  ctx.cookies.set(requestCookie(issuer), whole.length > longestValue ? encode(without) : whole, {
    ...cookieAttributes('request', issuer),
    path,
    maxAge: (lifetime + keptBeyondSignIn) * 1000,
    overwrite: true,
  });
}

/** Undefined if this browser has no such cookie for this sign-in, or not in the form that we wrote. */
export function keptRequest(
  ctx: CookieContext,
  { issuer }: Pick<Provider, 'issuer'>,
  uid: string,
): KeptRequest | undefined {
  const value = ctx.cookies.get(requestCookie(issuer), { signed: true });
  if (value === undefined) return undefined;
  const kept = parseKeptRequest(value);
  return kept.uid === uid ? kept : undefined;
}

/** The signature proves that `encode` wrote it. */
function parseKeptRequest(value: string): KeptRequest {
  return JSON.parse(Buffer.from(value, 'base64url').toString()) as KeptRequest;
}

/** Where the same request starts again. */
export function restartPath({ from, query }: KeptRequest): string | undefined {
  if (from === 'device') return '/device';
  return query === undefined ? undefined : `${authorizationPath}?${query}`;
}

function requestCookie(issuer: string): string {
  return cookieName('request', issuer);
}

/**
 * A pushed request can be used only once (RFC 9126 section 4). A signed request is valid only with its signature (RFC
 * 9101 section 10), which is not stored.
 */
function queryOf(interaction: Interaction): string | undefined {
  const { params, trusted, deviceCode } = interaction;
  const signed = Array.isArray(trusted) && trusted.length > 0;
  if (signed || isPushed(interaction) || deviceCode !== undefined) return undefined;
  return Object.entries(params)
    .flatMap(([name, value]) => [value].flat().flatMap((item) => queryPart(name, item)))
    .join('&');
}

/** Half of a surrogate pair cannot be encoded. Texts from a URL have none. */
function queryPart(name: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return [];
  return [`${encodeURIComponent(name)}=${encodeURIComponent(String(value).toWellFormed())}`];
}

function encode(kept: KeptRequest): string {
  return Buffer.from(JSON.stringify(kept)).toString('base64url');
}

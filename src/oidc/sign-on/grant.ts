/**
 * What the app gets. An app of the operator gets what it asks for. A third-party app gets what the user consented to,
 * and the rest is marked as rejected. A grant is written only if something changes.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { consentTo, grantedClaims } from '../../core/decision/consent.ts';
import type { ConsentTerms } from '../../core/model/consent.ts';
import type { Consent } from '../../core/model/facts.ts';
import type { SignOn } from '../request-scope.ts';
import { protocolClaims, words } from './request-facts.ts';

type Grant = InstanceType<KoaContextWithOIDC['oidc']['provider']['Grant']>;

/**
 * The grant of this session and app, created or extended for the request. Only for a request that meets the sign-on
 * policy. `terms`: absent for an app of the operator.
 */
export async function grantOf(
  ctx: KoaContextWithOIDC,
  { facts, terms }: Pick<SignOn, 'facts'> & { readonly terms: ConsentTerms | undefined },
): Promise<Grant | undefined> {
  const { oidc } = ctx;
  const { client, session, provider } = oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = session.grantIdFor(client.clientId);
  const found = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant =
    found?.accountId === session.accountId
      ? found
      : new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  const before = JSON.stringify(contentOf(grant));
  if (terms === undefined) extend(grant, ctx);
  else limit(grant, ctx, { terms, consent: facts.subject && consentTo(client.clientId, facts.subject) });
  if (!grant.jti || JSON.stringify(contentOf(grant)) !== before) await grant.save();
  return grant;
}

/** In the stored form, without empty parts. */
function contentOf({ openid, resources = {}, rejected }: Grant): unknown {
  const { scope, claims = [] } = openid ?? {};
  return [scope, claims, Object.entries(resources), rejected];
}

/** Adds what is missing. */
function extend(grant: Grant, { oidc }: KoaContextWithOIDC): void {
  // Rejected while the app was still a third-party app.
  delete grant.rejected;
  const granted = new Set(grant.getOIDCScope().split(' '));
  const scopes = [...oidc.requestParamOIDCScopes].filter((scope) => !granted.has(scope));
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  const claimsInGrant = new Set(grant.getOIDCClaims());
  const claims = [...oidc.requestParamClaims].filter((claim) => !claimsInGrant.has(claim));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  for (const { indicator, scopes: asked } of resourceScopes(oidc)) {
    const inGrant = new Set(grant.getResourceScope(indicator).split(' '));
    const missing = asked.filter((scope) => !inGrant.has(scope));
    if (missing.length > 0) grant.addResourceScope(indicator, missing.join(' '));
  }
}

interface Consented {
  readonly terms: ConsentTerms;
  /** Undefined if nothing is granted. */
  readonly consent: Consent | undefined;
}

/**
 * Everything that the request asks for, and everything that the grant already contains, is granted or rejected by the
 * present consent.
 */
function limit(grant: Grant, { oidc }: KoaContextWithOIDC, { terms, consent }: Consented): void {
  const isGranted = (scope: string) => consent?.granted.includes(scope) === true;
  const scopes = [...new Set([...words(grant.openid?.scope), ...oidc.requestParamOIDCScopes])];
  const asked = [...new Set([...(grant.openid?.claims ?? []), ...oidc.requestParamClaims])];
  const claims = asked.filter((claim) => !protocolClaims.has(claim));
  const allowed = consent === undefined ? [] : grantedClaims(claims, terms, consent);
  const resources = resourceScopes(oidc);
  delete grant.rejected;
  const indicators = [
    ...new Set([...Object.keys(grant.resources ?? {}), ...resources.map((resource) => resource.indicator)]),
  ];
  const before = Object.fromEntries(indicators.map((resource) => [resource, words(grant.resources?.[resource])]));
  grant.openid = {};
  grant.resources = {};
  const [yes, no] = split(scopes, isGranted);
  if (yes.length > 0) grant.addOIDCScope(yes.join(' '));
  if (no.length > 0) grant.rejectOIDCScope(no.join(' '));
  grant.addOIDCClaims(asked.filter((claim) => protocolClaims.has(claim) || allowed.includes(claim)));
  const refused = claims.filter((claim) => !allowed.includes(claim));
  if (refused.length > 0) grant.rejectOIDCClaims(refused);
  for (const indicator of indicators) {
    const askedScopes = resources.find((resource) => resource.indicator === indicator)?.scopes ?? [];
    const [granted, rejected] = split([...new Set([...(before[indicator] ?? []), ...askedScopes])], isGranted);
    if (granted.length > 0) grant.addResourceScope(indicator, granted.join(' '));
    if (rejected.length > 0) grant.rejectResourceScope(indicator, rejected.join(' '));
  }
}

function split<T>(all: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [all.filter(test), all.filter((item) => !test(item))];
}

/** The requested scopes of each API. */
function resourceScopes(oidc: KoaContextWithOIDC['oidc']) {
  return Object.entries(oidc.resourceServers ?? {}).map(([indicator, server]) => ({
    indicator,
    scopes: [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope)),
  }));
}

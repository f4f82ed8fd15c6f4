/** What a relying party asks for in an authorization request, as facts for the evaluator. */
import { type ClaimsParameter, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { RequestFacts } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { claimedSubject, deviceAsksForLogin, hintedSubject } from '../provider-types.ts';

/**
 * The parameter in which the account pages say what the user wants to change. oidc-provider would drop an unpublished
 * scope.
 */
export const purposeParameter = 'account_purpose';

export function requestFacts(ctx: KoaContextWithOIDC): RequestFacts {
  const { params, prompts } = ctx.oidc;
  const clientId = ctx.oidc.client?.clientId ?? '';
  const claimed = requestedAcr(ctx);
  const voluntary = [...(claimed?.values ?? []), ...words(params?.acr_values)];
  const maxAge = params?.max_age;
  const claims = namedClaims(ctx.oidc.claims);
  return {
    clientId,
    scopes: [...words(params?.scope), ...(clientId === accountClientId ? words(params?.[purposeParameter]) : [])],
    ...omitUndefined({ essentialClaims: essentialClaims(ctx) }),
    acrValues: claimed?.essential ? claimed.values : [...new Set(voluntary)],
    acrEssential: claimed?.essential ?? false,
    ...(maxAge === undefined || maxAge === null ? {} : { maxAge: Number(maxAge) }),
    promptLogin: prompts.has('login') || deviceAsksForLogin(ctx),
    ...(prompts.has('consent') ? { promptConsent: true } : {}),
    ...(prompts.has('select_account') ? { promptSelectAccount: true } : {}),
    ...(claims.length > 0 && { claims }),
  };
}

/** Names in the claims parameter, without those of the protocol, which say nothing about the user. */
export function namedClaims({ id_token, userinfo }: ClaimsParameter = {}): readonly string[] {
  const named = [...Object.keys(id_token ?? {}), ...Object.keys(userinfo ?? {})];
  return [...new Set(named)].filter((claim) => !protocolClaims.has(claim));
}

/** The scopes that the app may request. Undefined: all. */
export function askableScopes({ oidc }: KoaContextWithOIDC): readonly string[] | undefined {
  return oidc.client?.scope === undefined ? undefined : words(oidc.client.scope);
}

/** oidc-provider asks for no consent to these either. */
export const protocolClaims: ReadonlySet<string> = new Set(['sub', 'sid', 'auth_time', 'acr', 'amr', 'iss']);

/** The values of a parameter that separates them by spaces (RFC 6749, section 3.3). Empty if it is no text. */
export function words(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];
}

/** Essential names in the claims parameter, without `acr` and `sub`, which are handled separately. */
function essentialClaims(ctx: KoaContextWithOIDC): readonly string[] | undefined {
  const { id_token = {}, userinfo = {} } = ctx.oidc.claims ?? {};
  const essential = [...Object.entries(id_token ?? {}), ...Object.entries(userinfo ?? {})].flatMap(([name, asked]) => {
    const isEssential = (asked as { essential?: unknown } | null)?.essential === true;
    return isEssential && name !== 'acr' && name !== 'sub' ? [name] : [];
  });
  return essential.length === 0 ? undefined : [...new Set(essential)];
}

/** `acr` in the claims parameter (OpenID Connect Core section 5.5.1.1). */
function requestedAcr(
  ctx: KoaContextWithOIDC,
): { readonly essential: boolean; readonly values: readonly string[] } | undefined {
  const { claims } = ctx.oidc.params ?? {};
  if (typeof claims !== 'string') return undefined;
  const acr = parseClaims(claims).id_token?.acr;
  if (!acr) return undefined;
  if (acr.values !== undefined && !Array.isArray(acr.values))
    throw new errors.InvalidRequest('invalid claims.id_token.acr.values type');
  const values = [acr.value, ...(Array.isArray(acr.values) ? acr.values : [])];
  return { essential: acr.essential === true, values: values.filter((value) => typeof value === 'string') };
}

interface AcrClaim {
  readonly id_token?: {
    readonly acr?: { readonly essential?: unknown; readonly value?: unknown; readonly values?: unknown } | null;
  };
}

/** oidc-provider has checked that it is JSON of this shape. */
function parseClaims(text: string): AcrClaim {
  return JSON.parse(text) as AcrClaim;
}

/**
 * Id of the only account that may sign in, if the request names one: by `id_token_hint`, or by `sub` in the claims
 * parameter.
 */
export function expectedSubject(ctx: KoaContextWithOIDC): string | undefined {
  const hint = hintedSubject(ctx);
  if (typeof hint === 'string') return hint;
  const sub = claimedSubject(ctx);
  return typeof sub === 'string' ? sub : undefined;
}

/** Converts the options of `explain` to what the app asks for. What it cannot ask for is refused with one sentence. */

import type { AuthenticatorDescriptor, RequestFacts, Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { type ClaimsByScope, withClaimScopes } from '../../core/policy/claim-scopes.ts';
import { accountScopes } from '../../policy/check/account-scopes.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import type { App } from '../../policy/model/app.ts';
import { endOfRefreshTokens, offlineScope } from '../../policy/revision/refresh-tokens.ts';
import { refusedScopes } from '../../policy/revision/refused-scopes.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { knownName, refusal } from '../shared/options/refusal.ts';
import type { FactOptions } from './fact-options.ts';

interface RequestContext {
  readonly snapshot: Snapshot;
  readonly app: App;
  readonly authenticators: readonly AuthenticatorDescriptor[];
}

/** The request as oidc-provider reads it: the client's defaults apply to whatever it does not name. */
export function requestFromOptions(
  options: FactOptions,
  { snapshot, app, authenticators }: RequestContext,
): RequestFacts {
  const { default_acr_values = [], default_max_age } = app.client;
  const scopes = words(options.scope ?? 'openid');
  const { scopes: configured, resources } = snapshot.settings;
  const scopeNames = [
    ...Object.keys(configured),
    ...resources.flatMap((resource) => resource.scopes),
    ...(app.clientId === accountClientId ? accountScopes(authenticators) : []),
  ];
  for (const scope of scopes) knownName('scope', scope, scopeNames);
  if (options.scope !== undefined) assertAskable(scopes, app, configured);
  const acrValues = options.acrValues === undefined ? default_acr_values : words(options.acrValues);
  const acrNames = snapshot.settings.acrValues.map(({ value }) => value);
  for (const value of acrValues) knownName('acr value', value, acrNames);
  if (options.essentialAcr && options.acrValues === undefined) throw refusal('--essential-acr needs --acr-values');
  const maxAge = options.maxAge === undefined ? default_max_age : parseMaxAge(options.maxAge);
  const essentialClaims = words(options.essentialClaims ?? '');
  const claims = new Set([...words(options.claims ?? ''), ...essentialClaims]);
  const request: RequestFacts = {
    clientId: app.clientId,
    scopes,
    ...(essentialClaims.length > 0 && { essentialClaims }),
    acrValues,
    acrEssential: options.essentialAcr === true,
    ...(maxAge !== undefined && { maxAge }),
    promptLogin: options.promptLogin === true,
    ...omitUndefined({
      promptConsent: options.promptConsent,
      promptSelectAccount: options.promptSelectAccount,
      claims: claims.size > 0 ? [...claims] : undefined,
    }),
  };
  return withClaimScopes(request, configured, app.client.scope === undefined ? undefined : words(app.client.scope));
}

/** As the authorization endpoint sees it (`checkScope` of oidc-provider). */
function assertAskable(scopes: readonly string[], app: App, declared: ClaimsByScope): void {
  const lacking = refusedScopes(app, declared).find((scope) => scopes.includes(scope));
  if (lacking === undefined) return;
  const isWithoutGrant = lacking === offlineScope && endOfRefreshTokens(app) === undefined;
  const why = isWithoutGrant
    ? 'it lacks the grant refresh_token: the request would go on without it'
    : 'its `client.scope` lacks it: the request is refused (invalid_scope)';
  throw refusal(`${app.clientId} may not ask for the scope ${lacking}, as ${why}`);
}

/** The same for a token for the app as itself, at any of its APIs. */
export function assertServiceMayAsk(scope: string | undefined, { clientId, service }: App): void {
  const own = service?.resources.flatMap((resource) => resource.scopes) ?? [];
  const lacking = words(scope ?? '').find((name) => !own.includes(name));
  if (lacking === undefined) return;
  throw refusal(
    `${clientId} may not ask for the scope ${lacking} as itself, as no API of its \`service.resources\` has it there: the request is refused (invalid_scope)`,
  );
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function parseMaxAge(text: string): Seconds {
  if (!/^\d{1,9}$/.test(text)) throw refusal(`--max-age takes a number of seconds, not ${text}`);
  return Number(text);
}

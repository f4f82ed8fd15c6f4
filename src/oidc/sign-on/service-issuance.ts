/** Tokens for services (RFC 6749 section 4.4): the APIs and scopes of the app, and the service policy (Law 5). */

import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { evaluateService } from '../../core/decision/service-issuance.ts';
import type { Facts } from '../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../core/model/neutral-facts.ts';
import { audit } from '../../flow/audit.ts';
import { decidingRules } from '../../flow/audit-trace.ts';
import type { Services } from '../../flow/services.ts';
import type { App, ServiceTerms } from '../../policy/model/app.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { currentRequest } from '../request-scope.ts';

/** Whether this request asks for a token for a service. */
export function isForService({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.route === 'token' && oidc.params?.grant_type === 'client_credentials';
}

/** The only API for which the service may have tokens. Rejects with `InvalidTarget` if there are several. */
export function onlyResource(ctx: KoaContextWithOIDC): string | undefined {
  if (!isForService(ctx)) return undefined;
  const resources = serviceOf(ctx)?.resources ?? [];
  const [first] = resources;
  if (first === undefined || resources.length > 1)
    throw new errors.InvalidTarget('this app may use several APIs: name one as resource');
  return first.indicator;
}

function serviceOf({ oidc }: KoaContextWithOIDC): ServiceTerms | undefined {
  return currentRequest().apps.get(oidc.client?.clientId ?? '')?.service;
}

/**
 * The scopes of the API that this service may have. Applies the policy and writes the audit line. Rejects with
 * `InvalidTarget`, `InvalidScope`, or `AccessDenied` if the policy denies.
 */
export async function serviceScopes(
  ctx: KoaContextWithOIDC,
  services: Services,
  indicator: string,
): Promise<readonly string[]> {
  const { unit } = currentRequest();
  const snapshot = await services.snapshot(unit);
  const app = await snapshot.app(ctx.oidc.client?.clientId ?? '');
  const resource = app?.service?.resources.find((other) => other.indicator === indicator);
  if (!app || !resource) throw new errors.InvalidTarget('this app may not use this API');
  const refused = [...ctx.oidc.requestParamScopes].find((scope) => !resource.scopes.includes(scope));
  if (refused !== undefined) throw new errors.InvalidScope('requested scope is not allowed', refused);
  await checkPolicy(ctx, services, app);
  return resource.scopes;
}

async function checkPolicy(ctx: KoaContextWithOIDC, services: Services, app: App): Promise<void> {
  const { unit, visitor } = currentRequest();
  const snapshot = await services.snapshot(unit);
  const decision = evaluateService(await snapshot.servicePolicy(app), serviceFacts(ctx, services, snapshot.zonesOf));
  const line = {
    client: app.clientId,
    ip: visitor.ip,
    policyRevision: snapshot.revision,
    ...decidingRules(decision),
  };
  if (decision.allow) {
    audit(unit, services.audit, { event: 'service_token.issued', outcome: 'success', ...line });
    return;
  }
  audit(unit, services.audit, { event: 'service_token.denied', outcome: 'deny', ...line, reason: decision.reason });
  throw new errors.AccessDenied('the policy for this app denies it a token now');
}

/** The address of the request is that of the service itself. */
function serviceFacts(ctx: KoaContextWithOIDC, services: Services, zonesOf: Snapshot['zonesOf']): Facts {
  const { ip } = currentRequest().visitor;
  return neutralFacts({
    now: services.now(),
    request: neutralRequest(ctx.oidc.client?.clientId ?? '', [...ctx.oidc.requestParamScopes]),
    network: { ip, ...zonesOf(ip) },
  });
}

/** The enabled optional features of oidc-provider, and how each is connected to our pages, clients and resources. */
import { type Configuration, errors } from 'oidc-provider';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { Services } from '../../flow/services.ts';
import type { Settings } from '../../policy/model/settings.ts';
import type { SigningAlgorithm } from '../../policy/model/signing.ts';
import { signsFor, usableAlgorithm } from '../clients.ts';
import type { DeviceDetails, ProviderPages } from '../pages.ts';
import { deviceInfo } from '../provider-types.ts';
import { currentRequest } from '../request-scope.ts';
import { isForService, onlyResource, serviceScopes } from '../sign-on/service-issuance.ts';
import { mutualTlsFeature } from './client-certificate.ts';
import { isHintOfSession, signOutAtOnce } from './hinted-logout.ts';
import { fapiFeature, requestObjectsFeature } from './security-profile.ts';

interface FeatureParts {
  readonly services: Services;
  readonly settings: Settings;
  readonly pages: ProviderPages;
  /** The algorithms that can sign. */
  readonly signs: readonly SigningAlgorithm[];
}

export function features({ services, settings, pages, signs }: FeatureParts): Configuration['features'] {
  return {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    clientCredentials: { enabled: true },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, ...[_form, _out, error]) => pages.showDeviceInput(ctx, error),
      userCodeConfirmSource: (ctx, ...[_form, _client, info, userCode]) =>
        pages.showDeviceConfirmation(ctx, { ...deviceDetails(info), userCode }),
      successSource: pages.showDeviceSuccess,
    },
    dPoP: { enabled: true },
    fapi: fapiFeature,
    mTLS: mutualTlsFeature(settings),
    introspection: {
      enabled: true,
      // Resource servers ask about access tokens of other apps, but a refresh token concerns only its own app. Tokens
      // of an app that is no longer configured are invalid.
      allowedPolicy: async (ctx, client, token) =>
        token.clientId === client.clientId ||
        (token.kind !== 'RefreshToken' &&
          client.clientAuthMethod !== 'none' &&
          (await ctx.oidc.provider.Client.find(token.clientId ?? '')) !== undefined),
    },
    pushedAuthorizationRequests: { enabled: true },
    requestObjects: requestObjectsFeature,
    resourceIndicators: {
      enabled: true,
      defaultResource: async (ctx) => onlyResource(ctx),
      useGrantedResource: async () => true,
      getResourceServerInfo: async (ctx, indicator, { clientId }) => {
        const app = currentRequest().apps.get(clientId);
        const server = resourceServer({ settings, signs: signsFor(app, signs) }, indicator);
        if (!isForService(ctx)) return server;
        return { ...server, scope: (await serviceScopes(ctx, services, indicator)).join(' ') };
      },
    },
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx) => (isHintOfSession(ctx) ? signOutAtOnce(ctx) : pages.showLogout(ctx)),
      postLogoutSuccessSource: pages.showSignedOut,
    },
    userinfo: { enabled: true },
  };
}

function deviceDetails(info: unknown): Omit<DeviceDetails, 'userCode'> {
  const { ip, ua } = deviceInfo(info);
  return omitUndefined({ ip: ip || undefined, userAgent: ua || undefined });
}

function resourceServer({ settings, signs }: Pick<FeatureParts, 'settings' | 'signs'>, indicator: string) {
  const resource = settings.resources.find((candidate) => candidate.indicator === indicator);
  if (!resource) throw new errors.InvalidTarget('this resource is not configured');
  return {
    scope: resource.scopes.join(' '),
    audience: indicator,
    accessTokenFormat: resource.accessToken.format,
    accessTokenTTL: resource.accessToken.lifetime,
    jwt: { sign: { alg: usableAlgorithm(resource.accessToken.algorithm, signs) } },
  };
}

/**
 * Certificates of apps (mutual TLS, RFC 8705). TLS ends at a proxy, which asks the app for its certificate and passes
 * it on in a header. Others could set that header as well, so it is read only from the configured proxies.
 */
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { Settings } from '../../policy/model/settings.ts';
import { certificateIn } from '../../policy/revision/forwarded-certificate.ts';
import { compileZones } from '../../policy/schema/settings/zones.ts';

type MutualTls = NonNullable<NonNullable<Configuration['features']>['mTLS']>;

/** Off unless `clientCertificates` names the proxies. */
export function mutualTlsFeature({ clientCertificates }: Pick<Settings, 'clientCertificates'>): MutualTls {
  if (clientCertificates === undefined) return { enabled: false };
  const { header, proxies } = clientCertificates;
  const zonesOf = compileZones({ proxies: { cidrs: proxies } });
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    selfSignedTlsClientAuth: true,
    getCertificate: ({ req }: KoaContextWithOIDC) => {
      const isFromProxy = zonesOf(req.socket.remoteAddress ?? '').zones.length > 0;
      const value = req.headers[header];
      return isFromProxy && typeof value === 'string' ? certificateIn(value) : undefined;
    },
  };
}

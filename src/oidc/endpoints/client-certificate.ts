/**
 * Certificates of apps (mutual TLS, RFC 8705). TLS ends at a proxy, which asks the app for its certificate and hands it
 * over in a header. Others could set that header, too, so it is read from the configured proxies only.
 */
import { X509Certificate } from 'node:crypto';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import type { Settings } from '../../policy/model/settings.ts';
import { compileZones } from '../../policy/schema/zones.ts';

type MutualTls = NonNullable<NonNullable<Configuration['features']>['mTLS']>;

/** Off, unless `clientCertificates` says which proxies hand them over. */
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

/**
 * A certificate as proxies write it: DER in base64 between colons (RFC 9440 section 2), or PEM, percent-encoded (nginx:
 * `$ssl_client_escaped_cert`). `undefined`: it is neither.
 */
function certificateIn(value: string): X509Certificate | undefined {
  try {
    const [, base64] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value.trim()) ?? [];
    if (base64 !== undefined) return new X509Certificate(Buffer.from(base64, 'base64'));
    const pem = decodeURIComponent(value);
    return pem.startsWith('-----BEGIN CERTIFICATE-----') ? new X509Certificate(pem) : undefined;
  } catch {
    return undefined;
  }
}

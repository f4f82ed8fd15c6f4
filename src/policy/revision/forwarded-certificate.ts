/** Certificates that proxies hand over in a header. */
import { X509Certificate } from 'node:crypto';

/**
 * A certificate as proxies write it: DER in base64 between colons (RFC 9440 section 2), or PEM, percent-encoded (nginx:
 * `$ssl_client_escaped_cert`). `undefined`: it is neither.
 */
export function certificateIn(value: string): X509Certificate | undefined {
  try {
    const [, base64] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(value.trim()) ?? [];
    if (base64 !== undefined) return new X509Certificate(Buffer.from(base64, 'base64'));
    const pem = decodeURIComponent(value);
    return pem.startsWith('-----BEGIN CERTIFICATE-----') ? new X509Certificate(pem) : undefined;
  } catch {
    return undefined;
  }
}

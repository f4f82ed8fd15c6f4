/** Finds apps that are to show a certificate where no proxy hands one over. */
import type { Finding } from '../model/finding.ts';
import { valuesAt } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';

/** Works on data whose shape was not checked. Without readable settings nothing is known, and nothing is found. */
export function checkClientCertificates(sources: readonly DocumentSource[]): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  if (settings === undefined || valuesAt(settings, 'clientCertificates').length > 0) return [];
  return sources.flatMap(({ kind, source }) => {
    if (kind !== 'app') return [];
    const uses = [
      ...valuesAt(source.content, 'client.token_endpoint_auth_method').filter(
        ({ value }) => value === 'self_signed_tls_client_auth',
      ),
      ...valuesAt(source.content, 'client.tls_client_certificate_bound_access_tokens').filter(
        ({ value }) => value === true,
      ),
    ];
    return uses.map(({ path }) =>
      source.finding(
        'setting_missing',
        path,
        'needs clientCertificates in stepgate.yaml: which proxies hand certificates over',
      ),
    );
  });
}

/** How apps can authenticate, and what else discovery says about this provider. */
import type { Configuration } from 'oidc-provider';
import type { Settings } from '../../policy/model/settings.ts';
import { signingAlgorithms } from '../../policy/model/signing.ts';
import { registrationPrompt } from '../interaction/interactions.ts';
import type { ProviderPages } from '../pages.ts';

const usualAuthMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

/** Certificates can be used only if a proxy passes them on. */
export function clientAuthMethods({ clientCertificates }: Pick<Settings, 'clientCertificates'>) {
  return [...usualAuthMethods, ...(clientCertificates ? (['self_signed_tls_client_auth'] as const) : [])];
}

export function discovery({
  pages,
  settings,
}: {
  readonly pages: Pick<ProviderPages, 'locales'>;
  readonly settings: Pick<Settings, 'clientCertificates'>;
}): Configuration['discovery'] {
  const methods = clientAuthMethods(settings);
  return {
    prompt_values_supported: ['none', 'login', 'consent', 'select_account', registrationPrompt],
    ui_locales_supported: [...pages.locales],
    introspection_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    // The algorithms for `private_key_jwt` at these endpoints (RFC 8414 section 2). For the token endpoint,
    // oidc-provider adds them itself.
    introspection_endpoint_auth_signing_alg_values_supported: [...signingAlgorithms],
    revocation_endpoint_auth_signing_alg_values_supported: [...signingAlgorithms],
  };
}

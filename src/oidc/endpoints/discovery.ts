/** How apps may say who they are, and what else discovery tells of this provider. */
import type { Configuration } from 'oidc-provider';
import type { Settings } from '../../policy/model/settings.ts';
import { signingAlgorithms } from '../../policy/model/signing.ts';
import { registrationPrompt } from '../interaction/interactions.ts';
import type { ProviderPages } from '../pages.ts';

const usualAuthMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

/** A certificate proves who an app is only where a proxy hands it over. */
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
    // What `private_key_jwt` takes there (RFC 8414 section 2); of the token endpoint oidc-provider tells it by itself.
    introspection_endpoint_auth_signing_alg_values_supported: [...signingAlgorithms],
    revocation_endpoint_auth_signing_alg_values_supported: [...signingAlgorithms],
  };
}

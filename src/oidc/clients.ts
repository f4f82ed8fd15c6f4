/** Apps as oidc-provider's client metadata. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import type { App } from '../policy/app.ts';

/** The place of the secret is taken by its hash; `matchesSecret` compares. */
export function clientMetadata(app: App): AdapterPayload {
  const { client } = app;
  return {
    ...client,
    client_id: app.clientId,
    client_name: app.name,
    ...(app.clientSecretHash === undefined ? {} : { client_secret: app.clientSecretHash }),
  } as AdapterPayload;
}

/** Compares what a client presents with `sha256:<base64url>`, in constant time. */
export function matchesSecret(hash: string, presented: string): boolean {
  const expected = Buffer.from(hash.replace(/^sha256:/, ''), 'base64url');
  const given = createHash('sha256').update(presented).digest();
  return expected.length === given.length && timingSafeEqual(expected, given);
}

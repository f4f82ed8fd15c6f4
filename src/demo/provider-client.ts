/** Discovers the provider. */
import { setTimeout as delay } from 'node:timers/promises';
import { allowInsecureRequests, type Configuration, discovery, None } from 'openid-client';
import { ProviderUnreachable } from './sign-in-errors.ts';

const attempts = 5;
const pauseMs = 400;

/**
 * The provider's metadata for a public client. It is requested on first use, and again after a failure, because the
 * provider may start later than its relying party.
 *
 * @throws TypeError for an issuer without TLS that is not on this machine
 */
export function createProviderClient(issuer: string, clientId: string): () => Promise<Configuration> {
  const url = new URL(issuer);
  if (url.protocol !== 'https:' && !isLoopback(url)) throw new TypeError(`the issuer ${issuer} must use https`);
  let known: Promise<Configuration> | undefined;
  return () => {
    known ??= discoverPatiently(url, clientId).catch((error: unknown) => {
      known = undefined;
      throw new ProviderUnreachable(issuer, error);
    });
    return known;
  };
}

async function discoverPatiently(url: URL, clientId: string): Promise<Configuration> {
  const execute = url.protocol === 'http:' ? [allowInsecureRequests] : [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await discovery(url, clientId, undefined, None(), { execute, timeout: 5 });
    } catch (error) {
      if (attempt === attempts) throw error;
      await delay(pauseMs);
    }
  }
}

const isLoopback = (url: URL) => ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

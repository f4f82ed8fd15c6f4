/**
 * The baseline: oidc-provider as it comes, on Redis, with interactions as small as its own development ones. It checks
 * no password, has no policy, keeps no audit log, and knows every user.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { exportJWK, generateKeyPair } from 'jose';
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { serveReadings } from './meter.ts';
import { algorithms, clientIdOf, clientMetadata, lifetimes } from './scenario.ts';
import { usualRedisAdapter } from './usual-redis-adapter.ts';

let roundTrips = 0;
const redis = new Redis(process.env.REDIS_URL ?? '', { keyPrefix: 'bare:' });
const adapter = usualRedisAdapter(redis, () => {
  roundTrips += 1;
});

/** First-party apps: what is asked for is granted. */
async function loadExistingGrant({ oidc }: KoaContextWithOIDC) {
  const { client, session, provider } = oidc;
  if (!client || !session?.accountId) return undefined;
  const grantId = session.grantIdFor(client.clientId);
  if (grantId) return provider.Grant.find(grantId);
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope([...oidc.requestParamOIDCScopes].join(' '));
  await grant.save();
  return grant;
}

async function configuration(): Promise<Configuration> {
  const keys = await Promise.all(
    algorithms.map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
      return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: alg };
    }),
  );
  return {
    adapter: adapter as never,
    jwks: { keys } as never,
    scopes: ['openid', 'email', 'profile'],
    claims: { email: ['email', 'email_verified'], profile: ['name', 'updated_at'], openid: ['sub'] },
    cookies: { keys: ['a secret of the benchmark'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    loadExistingGrant,
    ttl: {
      AccessToken: lifetimes.accessToken,
      AuthorizationCode: 60,
      IdToken: 3600,
      Interaction: lifetimes.interaction,
      RefreshToken: lifetimes.refreshToken,
      Session: lifetimes.session,
      Grant: lifetimes.refreshToken,
    },
    findAccount: async (_ctx, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: id, email_verified: true, name: 'Some User', updated_at: 1 }),
    }),
  };
}

function loginPage(uid: string): string {
  return `<!doctype html><title>Sign in</title><form method="post" action="/interaction/${uid}"><input name="identifier"><input name="credentials.passcode" type="password"><button>Sign in</button></form>`;
}

async function login(provider: Provider, ctx: KoaContextWithOIDC): Promise<void> {
  const { uid } = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = loginPage(uid);
    return;
  }
  const accountId = new URLSearchParams(await text(ctx.req as IncomingMessage)).get('identifier') ?? '';
  const next = await provider.interactionResult(ctx.req, ctx.res, { login: { accountId, amr: ['pwd'] } });
  ctx.redirect(next);
  ctx.status = 303;
}

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
for (const algorithm of algorithms) {
  const clientId = clientIdOf(algorithm);
  await adapter('Client').upsert(clientId, { client_id: clientId, ...clientMetadata(algorithm) } as never, 0);
}
const bareProvider = new Provider(issuer, await configuration());
bareProvider.use((ctx, next) =>
  ctx.path.startsWith('/interaction/') ? login(bareProvider, ctx as KoaContextWithOIDC) : next(),
);
const handle = bareProvider.callback();
server.on('request', (request, response) => void handle(request, response));
serveReadings({ issuer }, () => roundTrips);

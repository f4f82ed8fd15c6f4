import { generateKeyPairSync } from 'node:crypto';
import {
  type Adapter,
  type AdapterPayload,
  type Configuration,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import { openServer } from '../../support/servers/http-server.ts';

/** What the next sign-in at the stub issuer ends with. */
export interface NextSignIn {
  acr?: string;
  amr?: string[];
  error?: string;
}

export interface StubIssuer {
  readonly issuer: string;
  readonly next: NextSignIn;
  close(): Promise<void>;
}

/** A bare oidc-provider that signs Alice in at once, without a page, or answers with `next.error`. */
export async function startStubIssuer(relyingParty: () => string, port = 0): Promise<StubIssuer> {
  const { server, port: ownPort, close } = await openServer(undefined, port);
  const issuer = `http://localhost:${ownPort}`;
  const next: NextSignIn = {};
  const provider = new Provider(issuer, configuration(relyingParty()));
  provider.use(async (ctx, proceed) => {
    if (!ctx.path.startsWith('/interaction/')) return proceed();
    const { error, acr, amr } = next;
    const result =
      error === undefined
        ? { login: { accountId: 'alice', ...(acr ? { acr } : {}), ...(amr ? { amr } : {}) } }
        : { error, error_description: 'told <so>' };
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }));
  });
  server.on('request', provider.callback());
  return { issuer, next, close };
}

const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

function configuration(relyingParty: string): Configuration {
  return {
    clients: ['notes', 'payroll', 'shop', 'parcels'].map((key) => ({
      client_id: key,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [`${relyingParty}/${key}/callback`],
      post_logout_redirect_uris: [`${relyingParty}/`],
    })),
    adapter: createMemory(),
    jwks: { keys: [{ ...signingKey, kty: 'RSA' }] },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      RefreshToken: 600,
      Session: 600,
    },
    cookies: { keys: ['stub'] },
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'], email: ['email'], profile: ['name'] },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { logoutSource: logOutAtOnce },
    },
    issueRefreshToken: async () => true,
    findAccount: async (_ctx, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, name: 'Alice <Archer>', email: 'alice@demo.test' }),
    }),
    loadExistingGrant: allowAll,
  };
}

/** Stands for the page on which the user confirms the sign-out. */
async function logOutAtOnce(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  ctx.body = form;
}

async function allowAll(ctx: KoaContextWithOIDC) {
  const { provider, client, session } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant;
}

/** Keeps everything for as long as the issuer runs. */
function createMemory(): (model: string) => Adapter {
  const entries = new Map<string, AdapterPayload>();
  return (model) => {
    const find = async (id: string) => entries.get(`${model}:${id}`);
    const findBy = async (field: 'uid' | 'userCode', value: string) =>
      [...entries].find(([key, entry]) => key.startsWith(`${model}:`) && entry[field] === value)?.[1];
    return {
      find,
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (userCode) => findBy('userCode', userCode),
      upsert: async (id, payload) => void entries.set(`${model}:${id}`, payload),
      destroy: async (id) => void entries.delete(`${model}:${id}`),
      consume: async (id) => void Object.assign((await find(id)) ?? {}, { consumed: true }),
      revokeByGrantId: async (grantId) => {
        for (const [key, entry] of entries) if (entry.grantId === grantId) entries.delete(key);
      },
    };
  };
}

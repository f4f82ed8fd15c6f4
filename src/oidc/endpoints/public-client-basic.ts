/**
 * Public clients that name themselves in the `Authorization` header, with an empty secret (`Basic base64(client_id:)`)
 * or even without a colon. RFC 6749 section 2.3.1 allows neither, common clients send both, and oidc-provider expects
 * the name in the body.
 */
import { once } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';

/** Middleware: moves the name to the body. If there is a secret, nothing changes. */
export function publicClientBasic(provider: Provider, paths: readonly string[]) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    const id = ctx.method === 'POST' && paths.includes(ctx.path) ? namedClient(ctx.get('authorization')) : undefined;
    if (id !== undefined && (await isPublic(provider, id))) await nameInBody(ctx, id);
    await next();
  };
}

function namedClient(authorization: string): string | undefined {
  const [, encoded] = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization) ?? [];
  const [, id] = /^([^:]+):?$/.exec(Buffer.from(encoded ?? '', 'base64').toString('utf8')) ?? [];
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    return undefined;
  }
}

async function isPublic(provider: Provider, id: string): Promise<boolean> {
  const client = await provider.Client.find(id);
  return client?.clientAuthMethod === 'none';
}

/** The body is form data. If the client also names itself there, that name is used. */
async function nameInBody({ req }: KoaContextWithOIDC, id: string): Promise<void> {
  if (Number(req.headers['content-length'] ?? 1) === 0) return;
  delete req.headers.authorization;
  let chunk = req.read() as Buffer | null;
  while (chunk === null && !req.readableEnded) {
    await once(req, 'readable');
    chunk = req.read() as Buffer | null;
  }
  if (chunk === null) return;
  const isNamed = /(?:^|&)client_id=/.test(chunk.toString());
  const name = Buffer.from(isNamed ? '' : `client_id=${encodeURIComponent(id)}&`);
  req.unshift(Buffer.concat([name, chunk]));
  const length = req.headers['content-length'];
  if (length !== undefined) req.headers['content-length'] = String(Number(length) + name.length);
}

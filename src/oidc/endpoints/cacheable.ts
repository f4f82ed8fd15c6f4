/** Lets relying parties and proxies cache discovery and keys for a short time, and revalidate them cheaply. */

import { createHash } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Seconds } from '../../core/model/facts.ts';

/** Shorter than the time for which a new key is published before it signs. */
const maxAge: Readonly<Record<string, Seconds>> = { discovery: 300, jwks: 60 };

interface Kept {
  readonly body: string;
  readonly etag: string;
}

/** Middleware for one instance of the provider, whose documents never change. */
export function cacheable() {
  const documents = new Map<string, Kept>();
  return async (ctx: KoaContextWithOIDC, next: () => Promise<unknown>): Promise<void> => {
    await next();
    const route = ctx.status === 200 ? ctx.oidc?.route : undefined;
    const seconds = route === undefined ? undefined : maxAge[route];
    if (route === undefined || seconds === undefined) return;
    const { type } = ctx;
    const kept = documents.get(route) ?? keep(JSON.stringify(ctx.body));
    documents.set(route, kept);
    ctx.body = kept.body;
    ctx.type = type;
    ctx.set({ 'Cache-Control': `public, max-age=${seconds}`, ETag: kept.etag });
    if (ctx.fresh) ctx.status = 304;
  };
}

function keep(body: string): Kept {
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}

/**
 * `/livez`: the process runs. `/readyz`: it can serve, which means that the store answers and there is a configuration.
 */

import type { RequestListener } from 'node:http';
import type { Context } from 'koa';

export interface Health {
  /** Why the node cannot serve. Undefined if it can. */
  unreadyBecause(): string | undefined;
  /** Problems for the operator, although the node can serve. */
  warnings(): readonly (string | undefined)[];
}

export function healthHandlers(health: Health) {
  return {
    live(ctx: Context): void {
      ctx.set('Cache-Control', 'no-store');
      ctx.body = { status: 'live' };
    },
    ready(ctx: Context): void {
      const reason = health.unreadyBecause();
      ctx.set('Cache-Control', 'no-store');
      ctx.status = reason === undefined ? 200 : 503;
      const warnings = health.warnings().filter((warning) => warning !== undefined);
      ctx.body = {
        ...(reason === undefined ? { status: 'ready' } : { status: 'not_ready', reason }),
        ...(warnings.length > 0 && { warning: warnings.join('; ') }),
      };
    },
  };
}

/**
 * Handles requests while a node shuts down: it answers everything, closes each connection afterwards, and reports that
 * it is not ready.
 */
export function closingConnections(handle: RequestListener): RequestListener {
  return (req, res) => {
    res.setHeader('Connection', 'close');
    if (req.url !== '/readyz') return handle(req, res);
    res.writeHead(503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end('{"status":"not_ready","reason":"the node is going down"}');
  };
}

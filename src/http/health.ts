/**
 * `/livez`: the process runs. `/readyz`: it can serve, which means that the store answers and there is a configuration.
 */
import type { Context } from 'koa';

/** Why a node cannot serve. */
export interface Unready {
  readonly code: string;
  /** For the log: it may name files and hosts. */
  readonly detail: string;
}

export interface Health {
  /** Undefined if the node can serve. */
  unreadyBecause(): Unready | undefined;
  /** Codes of what is wrong although the node can serve. Whatever finds it says in the log what it is. */
  warnings(): readonly string[];
}

/** Strangers may ask, so the answers are codes. `warn`: gets why the node is not ready, when that changes. */
export function healthHandlers(health: Health, warn: (message: string) => void) {
  let logged: string | undefined;
  const log = (unready: Unready | undefined) => {
    if (unready?.code === logged) return;
    logged = unready?.code;
    warn(unready ? `not ready: ${unready.code}: ${unready.detail}` : 'ready again');
  };
  return {
    live(ctx: Context): void {
      ctx.set('Cache-Control', 'no-store');
      ctx.body = { status: 'live' };
    },
    ready(ctx: Context): void {
      const unready = health.unreadyBecause();
      log(unready);
      ctx.set('Cache-Control', 'no-store');
      ctx.status = unready ? 503 : 200;
      const warnings = health.warnings();
      ctx.body = {
        ...(unready ? { status: 'not_ready', reason: unready.code } : { status: 'ready' }),
        ...(warnings.length > 0 && { warnings }),
      };
    },
  };
}

/** `/livez`: the process runs. `/readyz`: it can serve: the store answers and there is a configuration. */
import type { Context } from 'koa';

export interface Health {
  /** Why it cannot serve; `undefined`: it can. */
  unreadyBecause(): string | undefined;
  /** What an operator should know although it can serve. */
  warning(): string | undefined;
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
      const warning = health.warning();
      ctx.body = {
        ...(reason === undefined ? { status: 'ready' } : { status: 'not_ready', reason }),
        ...(warning === undefined ? {} : { warning }),
      };
    },
  };
}

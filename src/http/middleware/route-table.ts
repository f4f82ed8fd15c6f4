/**
 * Routes as data. The first row whose path fits answers a request, whatever its method. HEAD, 405 and `Allow` follow
 * from the methods of that row. A row also says what happens when another request was faster.
 */
import Router from '@koa/router';
import type { Context, Middleware } from 'koa';
import { StepgateError } from '../../errors.ts';

export type Handler = (ctx: Context) => void | Promise<void>;

/** What happens if a request cannot commit. Nothing of it was written. */
export interface RaceAnswers {
  /**
   * Another request was faster. A function: the browser goes to the path that it returns. `ask_again`: the browser
   * repeats a GET. `oauth_error`: the app gets an OAuth error as JSON. `stale_form`, absent, and for a POST that would
   * have to be repeated: 409 with the page `stale_form`.
   */
  readonly onLostRace?: ((ctx: Context) => string) | 'ask_again' | 'oauth_error' | 'stale_form';
  /**
   * oidc-provider refuses the request that lost: the app gets that OAuth error as JSON. Absent: 410 with the page
   * `sign_in_expired`.
   */
  readonly onRefusal?: 'oauth_error';
}

interface PageRoute extends RaceAnswers {
  /** Segments that begin with a colon are parameters. */
  readonly path: string;
  /** Also answers HEAD: Koa leaves out the body. */
  readonly GET?: Handler;
}

/** A path that takes forms, which can lose a race. */
interface FormRoute extends PageRoute {
  readonly POST: Handler;
  readonly onLostRace: NonNullable<RaceAnswers['onLostRace']>;
}

export type Route = FormRoute | (PageRoute & { readonly POST?: never });

export interface Routes {
  /** Handles the paths in the table and passes everything else on. */
  readonly middleware: Middleware;
  /** The row that answers this path. */
  find(path: string): Route | undefined;
}

/** The first segment of each path is literal, so only the rows with that segment need to be matched. */
export function createRoutes(table: readonly Route[]): Routes {
  const groups = Map.groupBy(table, ({ path }) => firstSegment(path));
  const routers = new Map([...groups].map(([segment, rows]) => [segment, createRouter(rows)]));
  return {
    middleware: (ctx, next) => routers.get(firstSegment(ctx.path))?.handle(ctx, next) ?? next(),
    find: (path) => routers.get(firstSegment(path))?.find(path),
  };
}

/** Paths are matched case-insensitively, and so is this. */
function firstSegment(path: string): string {
  return path.split('/', 2)[1]?.toLowerCase() ?? '';
}

function createRouter(rows: readonly Route[]) {
  const router = new Router();
  for (const route of rows) router.all(route.path, dispatcher(route));
  return {
    handle: router.routes() as Middleware,
    find(path: string): Route | undefined {
      const [layer] = router.match(path, 'GET').pathAndMethod;
      return rows.find((route) => route.path === layer?.path);
    },
  };
}

/** The value of a path parameter. */
export function pathParameter(ctx: Context, name: string): string {
  return (ctx.params as Readonly<Record<string, string>>)[name] ?? '';
}

/** The value of `Allow` (RFC 9110 section 10.2.1). */
function allowedMethods({ GET, POST }: Route): string {
  return [...(GET ? ['GET', 'HEAD'] : []), ...(POST ? ['POST'] : [])].join(', ');
}

function dispatcher(route: Route): Handler {
  const handlers: Readonly<Record<string, Handler | undefined>> = { GET: route.GET, HEAD: route.GET, POST: route.POST };
  const allowed = allowedMethods(route);
  return (ctx) => {
    const handler = handlers[ctx.method];
    if (handler) return handler(ctx);
    ctx.set('Allow', allowed);
    throw new StepgateError('method_not_allowed');
  };
}

/** The table of own routes with handlers that do nothing: for tests of the table itself. */
import type { Handler } from '../../../src/http/middleware/route-table.ts';
import { ownRoutes } from '../../../src/http/routes.ts';

export const noHandler: Handler = () => {};
/** Serves as a handler and as a group of handlers. */
const anyHandler = new Proxy(noHandler, { get: () => noHandler });

/** Every own route; without those of the demo unless `demo` is true. */
export function ownRoutesOf({ demo }: { readonly demo: boolean }): ReturnType<typeof ownRoutes> {
  const get = (_: object, name: string) => (name === 'inbox' && !demo ? undefined : anyHandler);
  return ownRoutes(new Proxy({}, { get }) as Parameters<typeof ownRoutes>[0]);
}

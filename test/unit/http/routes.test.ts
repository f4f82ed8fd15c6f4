/** The table of routes: what each row allows, and that each row can be reached. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Koa from 'koa';
import { StepgateError } from '../../../src/errors.ts';
import { returnPath } from '../../../src/http/account/account-request.ts';
import { createRoutes, type Handler, type Route } from '../../../src/http/middleware/route-table.ts';
import { type OpenServer, openServer } from '../../support/servers/http-server.ts';
import { noHandler, ownRoutesOf } from '../../support/servers/own-routes.ts';

const table = ownRoutesOf({ demo: true });

/** An address that fits the path. */
function addressOf({ path }: Route): string {
  return path.replace(/:\w+/g, 'sample-parameter');
}

/** Rows that never answer, because an earlier one takes all that they fit, as `later <- earlier`. */
function shadowed(rows: readonly Route[]): readonly string[] {
  const { find } = createRoutes(rows);
  return rows
    .filter((row) => find(addressOf(row)) !== row)
    .map((row) => `${row.path} <- ${find(addressOf(row))?.path}`);
}

describe('rows', () => {
  test('none shadows another', () => {
    expect(shadowed(table)).toEqual([]);
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ['a parameter before a literal', ['/a/:id', '/a/new'], ['/a/new <- /a/:id']],
    ['a literal before a parameter', ['/a/new', '/a/:id'], []],
    ['parameters under two names', ['/a/:id', '/a/:name'], ['/a/:name <- /a/:id']],
    ['a parameter in the middle', ['/a/:id/:act', '/a/:id/end'], ['/a/:id/end <- /a/:id/:act']],
    ['paths of different lengths', ['/a', '/a/:id', '/a/:id/end'], []],
  ])('the check itself: %s', (_what, paths, expected) => {
    expect(shadowed(paths.map((path) => ({ path, GET: noHandler })))).toEqual(expected);
  });

  test('the same path twice is found', () => {
    const paths = table.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });

  test('each has a verb', () => {
    expect(table.filter(({ GET, POST }) => !GET && !POST)).toEqual([]);
  });

  test('the inbox exists in the demo only', () => {
    const paths = ownRoutesOf({ demo: false }).map(({ path }) => path);
    expect(table.filter(({ path }) => !paths.includes(path)).map(({ path }) => path)).toEqual([
      '/demo/inbox',
      '/demo/inbox.json',
    ]);
  });
});

/** Account pages from which no sign-in starts that would return there. */
const opened = {
  '/account/callback': 'ends the sign-in',
  '/account/undo': 'needs no session',
  '/account/not-me': 'needs no session',
  '/account/recover': 'starts a recovery',
} as const;

test('a sign-in returns to the account page that asked for it', () => {
  const pages = table.filter(({ path, GET }) => GET !== undefined && path.startsWith('/account/'));
  const addresses = pages.map((row) => [row.path, addressOf(row).replace('profile/sample-parameter', 'profile/email')]);
  const lost = addresses.filter(([, address = '']) => returnPath(address.slice('/account/'.length)) !== address);
  expect(lost.map(([path]) => path).sort()).toEqual(Object.keys(opened).sort());
});

test.each([
  ['/signin/sample', '/signin/:uid'],
  ['/SignIn/sample/', '/signin/:uid'],
  ['/.well-known/webauthn', '/.well-known/webauthn'],
  ['/signin', undefined],
  ['/oauth2/v1/token', undefined],
  ['/', '/'],
  ['/nowhere', undefined],
])('%s is answered by %s', (path, expected) => {
  expect(createRoutes(table).find(path)?.path).toBe(expected);
});

const read = ['GET', 'HEAD'];
const both = ['GET', 'HEAD', 'POST'];
const write = ['POST'];
/** Written down apart from the table, so that a handler at the wrong verb is noticed. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  '/language': write,
  '/livez': read,
  '/readyz': read,
  '/.well-known/webauthn': read,
  '/assets/:file': read,
  '/signin/:uid': both,
  '/signin/:uid/over': read,
  '/signin/:uid/link': read,
  '/signin/:uid/status': read,
  '/signin/:uid/codes': write,
  '/signin/:uid/:step': write,
  '/': read,
  '/account': read,
  '/account/methods': read,
  '/account/devices': read,
  '/account/activity': read,
  '/account/notifications': read,
  '/.well-known/change-password': read,
  '/account/callback': read,
  '/account/add/:key': read,
  '/account/authenticators/:id': read,
  '/account/authenticators/:id/:act': write,
  '/account/sessions/:id': read,
  '/account/sessions/:id/end': write,
  '/account/devices/:id': read,
  '/account/devices/:id/forget': write,
  '/account/apps': read,
  '/account/apps/:id': read,
  '/account/apps/:id/end': write,
  '/account/addresses/add': both,
  '/account/addresses/confirm': both,
  '/account/addresses/resend': write,
  '/account/addresses/:id': read,
  '/account/addresses/:id/remove': write,
  '/account/profile': both,
  '/account/profile/:kind': both,
  '/account/profile/:kind/confirm': both,
  '/account/profile/:kind/resend': write,
  '/account/undo': both,
  '/account/data': both,
  '/account/deletion': both,
  '/account/deletion/cancel': write,
  '/account/not-me': both,
  '/account/recover': read,
  '/demo/inbox': read,
  '/demo/inbox.json': read,
};

describe('methods', () => {
  let server: OpenServer;
  /** The same table; each handler says which row it stands in. */
  const answering = table.map((row): Route => {
    const answer: Handler = (ctx) => {
      ctx.body = row.path;
    };
    const { path, onLostRace = 'stale_form' } = row;
    const own = { path, ...(row.GET && { GET: answer }) };
    return row.POST ? { ...own, POST: answer, onLostRace } : own;
  });

  beforeAll(async () => {
    const koa = new Koa();
    koa.use(async (ctx, next) => {
      try {
        await next();
      } catch (error) {
        ctx.status = error instanceof StepgateError ? error.status : 500;
      }
    });
    koa.use(createRoutes(answering).middleware);
    server = await openServer(koa.callback());
  });
  afterAll(() => server.close());

  test('every row is in the list below, and no other', () => {
    expect(table.map(({ path }) => path).toSorted()).toEqual(Object.keys(allowed).toSorted());
  });

  test.each(table.map((row) => [row.path, row] as const))(
    '%s takes its own and names them otherwise',
    async (path, row) => {
      const { port } = server;
      const ask = (method: string) => fetch(`http://127.0.0.1:${port}${addressOf(row)}`, { method });
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        const answer = await ask(method);
        const text = await answer.text();
        if (allowed[path]?.includes(method))
          expect([answer.status, text]).toEqual([200, method === 'HEAD' ? '' : path]);
        else expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed[path]?.join(', ')]);
      }
    },
  );
});

/** The demo's relying party as a Koa application. */
import { Router } from '@koa/router';
import Koa, { type Context, type Middleware } from 'koa';
import { buildEndSessionUrl, type Configuration, randomState } from 'openid-client';
import { applicationPage } from './application-page.ts';
import { type DemoApp, demoApps } from './demo-apps.ts';
import { addPending, type DemoSession, type DemoSessions, type SignInKind, sessionSeconds } from './demo-sessions.ts';
import { icon } from './icon.ts';
import { landingPage } from './landing-page.ts';
import { page } from './page.ts';
import { createProviderClient } from './provider-client.ts';
import { finishSignIn, refreshSignIn, requestParameters, startSignIn } from './sign-in.ts';
import { signInErrorNote } from './sign-in-error-note.ts';
import { describeSignInError, type SignInError, unexpectedAnswer } from './sign-in-errors.ts';
import { style } from './style.ts';

export interface RelyingPartyContext {
  readonly issuer: string;
  readonly origin: string;
  readonly now: () => number;
  readonly sessions: DemoSessions;
}

/** Specific to this demo, because cookies of `localhost` are shared between ports. */
const cookieName = 'stepgate_demo_rp';

export function createRelyingPartyApp(context: RelyingPartyContext): Koa {
  const app = new Koa();
  app.use(guard(context));
  app.use(problemPages);
  const router = new Router();
  addPages(router, context);
  for (const place of demoApps.map((demoApp) => appPlace(context, demoApp))) {
    for (const add of [addHome, addSignIn, addCallback, addRefresh, addSignOut]) add(router, place);
  }
  app.use(router.routes());
  return app;
}

/** Headers of every response, and a check of the host: the callbacks and the cookie belong to `localhost`. */
function guard({ issuer, origin }: RelyingPartyContext): Middleware {
  const host = new URL(origin).host;
  const headers = {
    'content-security-policy': `default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' ${new URL(issuer).origin}; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  return async (ctx, next) => {
    ctx.set(headers);
    if (ctx.get('host') !== host) return redirect(ctx, origin);
    const site = ctx.get('sec-fetch-site');
    // `SameSite` does not distinguish the ports of one host.
    if (ctx.method === 'POST' && site !== '' && site !== 'same-origin') return ctx.throw(403);
    return next();
  };
}

/** Shows errors that occur outside the page of an app. */
const problemPages: Middleware = async (ctx, next) => {
  try {
    await next();
    if (ctx.status === 404 && ctx.body === undefined) {
      showSignInError(ctx, 404, { title: 'There is no such page', words: 'Start from the first page of the demo.' });
    }
  } catch (error) {
    ctx.app.emit('error', error, ctx);
    showSignInError(ctx, 500, {
      title: 'The demo failed',
      words: 'That is a fault of the demo. The terminal says more.',
    });
  }
};

function addPages(router: Router, { sessions, issuer }: RelyingPartyContext): void {
  router.get('/style.css', (ctx) => send(ctx, 'text/css', style));
  router.get('/icon.svg', (ctx) => send(ctx, 'image/svg+xml', icon));
  router.get('/', (ctx) => {
    const session = findSession(ctx, sessions);
    const signedOut = session?.signingOut !== undefined && ctx.query.state === session.signingOut;
    if (signedOut) sessions.close(session);
    send(ctx, 'text/html', landingPage(signedOut ? undefined : session, issuer, signedOut));
  });
}

/** One app: where it is, and how it reaches the provider. */
interface AppPlace extends RelyingPartyContext {
  readonly app: DemoApp;
  readonly home: string;
  readonly callbackUri: string;
  readonly provider: () => Promise<Configuration>;
}

function appPlace(context: RelyingPartyContext, app: DemoApp): AppPlace {
  const home = `/${app.key}`;
  const provider = createProviderClient(context.issuer, app.key);
  return { ...context, app, home, callbackUri: `${context.origin}${home}/callback`, provider };
}

function addHome(router: Router, { app, home, sessions, now }: AppPlace): void {
  router.get(home, (ctx) => {
    const session = findSession(ctx, sessions);
    const notice = session?.notices.get(app.key);
    session?.notices.delete(app.key);
    send(ctx, 'text/html', applicationPage(app, { signedIn: session?.signedIn.get(app.key), notice }, now()));
  });
}

function addSignIn(router: Router, { app, home, sessions, callbackUri, provider }: AppPlace): void {
  router.get(`${home}/sign-in{/:kind}`, async (ctx, next) => {
    const kind = ctx.params.kind ?? 'plain';
    if (!isSignInKind(kind)) return next();
    const session = findSession(ctx, sessions) ?? openSession(ctx, sessions);
    await orNotice(ctx, { session, app }, async () => {
      const { url, state, pending } = await startSignIn(await provider(), callbackUri, { app, kind });
      addPending(session, state, pending);
      return url.href;
    });
  });
}

function addCallback(router: Router, { app, home, sessions, callbackUri, provider }: AppPlace): void {
  router.get(`${home}/callback`, async (ctx) => {
    const session = findSession(ctx, sessions);
    const state = String(ctx.query.state ?? '');
    const pending = session?.pending.get(state);
    if (session === undefined || pending?.app !== app.key) return showSignInError(ctx, 400, unexpectedAnswer);
    session.pending.delete(state);
    await orNotice(ctx, { session, app }, async () => {
      const signedIn = await finishSignIn(await provider(), new URL(`${callbackUri}${ctx.search}`), { state, pending });
      const before = session.signedIn.get(app.key)?.assurance;
      session.notices.set(app.key, { kind: 'tried', action: pending.kind, before, after: signedIn.assurance });
      session.signedIn.set(app.key, signedIn);
      setCookie(ctx, sessions.renew(session));
      return home;
    });
  });
}

function addRefresh(router: Router, { app, home, sessions, provider }: AppPlace): void {
  router.post(`${home}/refresh`, async (ctx) => {
    const session = findSession(ctx, sessions);
    const signedIn = session?.signedIn.get(app.key);
    if (session === undefined || signedIn === undefined) return redirect(ctx, home);
    await orNotice(ctx, { session, app }, async () => {
      const refreshed = await refreshSignIn(await provider(), signedIn);
      const { assurance: before } = signedIn;
      session.notices.set(app.key, { kind: 'tried', action: 'refresh', before, after: refreshed.assurance });
      session.signedIn.set(app.key, refreshed);
      return home;
    });
  });
}

function addSignOut(router: Router, { app, home, origin, sessions, provider }: AppPlace): void {
  router.post(`${home}/sign-out`, async (ctx) => {
    const session = findSession(ctx, sessions);
    const signedIn = session?.signedIn.get(app.key);
    if (session === undefined || signedIn === undefined) return redirect(ctx, home);
    await orNotice(ctx, { session, app }, async () => {
      session.signingOut = randomState();
      const url = buildEndSessionUrl(await provider(), {
        id_token_hint: signedIn.idToken,
        post_logout_redirect_uri: `${origin}/`,
        state: session.signingOut,
      });
      // The provider's session covers all apps, so none stays signed in here.
      session.signedIn.clear();
      return url.href;
    });
  });
}

/** Redirects to the result of `act`, or back to the app, which then shows the error. */
async function orNotice(
  ctx: Context,
  { session, app }: { readonly session: DemoSession; readonly app: DemoApp },
  act: () => Promise<string>,
): Promise<void> {
  try {
    redirect(ctx, await act());
  } catch (error) {
    session.notices.set(app.key, { kind: 'problem', problem: describeSignInError(error) });
    redirect(ctx, `/${app.key}`);
  }
}

const findSession = (ctx: Context, sessions: DemoSessions) => sessions.find(ctx.cookies.get(cookieName));

function openSession(ctx: Context, sessions: DemoSessions): DemoSession {
  const session = sessions.open();
  setCookie(ctx, session);
  return session;
}

function setCookie(ctx: Context, session: DemoSession): void {
  ctx.cookies.set(cookieName, session.id, { httpOnly: true, sameSite: 'lax', maxAge: sessionSeconds * 1000 });
}

const isSignInKind = (kind: string): kind is SignInKind => Object.hasOwn(requestParameters, kind);

function redirect(ctx: Context, location: string): void {
  ctx.redirect(location);
  ctx.status = 303;
}

function send(ctx: Context, type: string, body: string): void {
  ctx.type = type;
  ctx.body = body;
}

function showSignInError(ctx: Context, status: number, problem: SignInError): void {
  ctx.status = status;
  send(ctx, 'text/html', page(problem.title, signInErrorNote(problem)));
}

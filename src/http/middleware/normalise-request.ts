/**
 * Replaces untrusted parts of the request before anything reads them. Host and scheme become the issuer's, whatever the
 * Host or forwarding headers claim, so that discovery, links, redirects and cookies follow the configuration. The
 * client's address becomes the one that the nearest trusted proxy saw.
 */
import type { Context } from 'koa';
import { clientAddress, type Visitor } from '../../flow/browser/visitor.ts';

/** Headers that proxies set and clients can forge. */
const forwarding = [
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-for',
  'x-real-ip',
];
const secretForm = /^[\w-]{43}$/;
const languageTag = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}$/;

export interface NormalisationOptions {
  /** Host and scheme of the issuer. */
  readonly origin: { readonly host: string; readonly scheme: string };
  /** How many of the operator's proxies each request passes. */
  readonly trustedProxies: number;
  /** Headers that may contain device signals, in lower case. */
  readonly signalHeaders: readonly string[];
  /** Name of the cookie that identifies a used browser. */
  readonly browserCookie: string;
  /** Name of the cookie with the language that the user chose. */
  readonly languageCookie: string;
}

/** Changes the request in place and returns what it says about the browser. */
export function normaliseRequest(ctx: Context, options: NormalisationOptions): Visitor {
  const { headers } = ctx.req;
  const forwarded = headers['x-forwarded-for'];
  const ip = clientAddress(
    ctx.req.socket.remoteAddress,
    typeof forwarded === 'string' ? forwarded : (forwarded ?? []).join(','),
    options.trustedProxies,
  );
  for (const header of forwarding) delete headers[header];
  headers.host = options.origin.host;
  headers['x-forwarded-proto'] = options.origin.scheme;
  // An absolute request target contains a host of its own (RFC 9112 section 3.2.2).
  if (ctx.req.url && !ctx.req.url.startsWith('/')) {
    ctx.req.url = pathOf(ctx.req.url);
    // Koa has stored the original target and uses it for links.
    ctx.originalUrl = ctx.req.url;
    ctx.request.originalUrl = ctx.req.url;
  }
  const secret = ctx.cookies.get(options.browserCookie);
  const language = ctx.cookies.get(options.languageCookie);
  return {
    ip,
    userAgent: ctx.get('user-agent'),
    ...(secret && secretForm.test(secret) ? { browserSecret: secret } : {}),
    acceptLanguage: ctx.get('accept-language'),
    ...(options.signalHeaders.length > 0 && { brought: broughtBy(ctx, options.signalHeaders) }),
    ...(language && languageTag.test(language) ? { language } : {}),
  };
}

/** A header that was sent more than once is ignored: a proxy may have added its own after a forged one. */
function broughtBy({ req }: Context, names: readonly string[]): NonNullable<Visitor['brought']> {
  const sent = names.flatMap((name) => {
    const [value, ...more] = req.headersDistinct[name] ?? [];
    return value !== undefined && more.length === 0 ? [[name, value] as const] : [];
  });
  return { peer: req.socket.remoteAddress ?? '', headers: Object.fromEntries(sent) };
}

/** A target that is not a URL, such as `*`, becomes one that no route has; `/` would lead to the account. */
function pathOf(target: string): string {
  const url = URL.parse(target);
  return url ? `${url.pathname}${url.search}` : '/.invalid';
}

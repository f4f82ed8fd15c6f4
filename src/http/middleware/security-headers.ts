/**
 * Headers of every response. Pages load nothing from other hosts, run no inline script, and cannot be framed (RFC 9700
 * section 4.16).
 */
import type { Context } from 'koa';

/**
 * The content security policy of a page. `formTargets`: redirect URIs to which the page's forms may finally lead, since
 * browsers check every redirect after a form against `form-action`. `service`: sources for the script of a challenge
 * service, if the page shows its challenge.
 */
export function contentSecurityPolicy(formTargets: readonly string[] = [], service: readonly string[] = []): string {
  const targets = ["'self'", ...new Set(formTargets.flatMap(formSource))].join(' ');
  return `${service.length === 0 ? ownSources : sources(service)}; form-action ${targets}; ${framing}`;
}

/** The sources that a page may load from. */
function sources(service: readonly string[]): string {
  return [
    "default-src 'none'",
    ...['style-src', 'script-src', 'connect-src'].map((directive) => [directive, "'self'", ...service].join(' ')),
    "img-src 'self' data:",
    ...(service.length > 0 ? [['frame-src', ...service].join(' ')] : []),
  ].join('; ');
}

const ownSources = sources([]);
const framing = "base-uri 'none'; frame-ancestors 'none'";

/** The same policy with one more allowed target for forms. */
export function withFormTarget(policy: string, uri: string): string {
  return policy.replace(/form-action [^;]*/, (directive) => [directive, ...formSource(uri)].join(' '));
}

/** The origin of an http(s) address, or the scheme of a native app. */
function formSource(uri: string): readonly string[] {
  const url = URL.parse(uri);
  if (!url) return [];
  return url.protocol === 'http:' || url.protocol === 'https:' ? [url.origin] : [url.protocol];
}

const securityHeaders: readonly (readonly [name: string, value: string])[] = [
  ['Content-Security-Policy', contentSecurityPolicy()],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Permissions-Policy', 'camera=(), microphone=(), geolocation=()'],
];

/**
 * Sets the headers before anything else is known about the response, directly on Node's response without Koa's checks.
 */
export function setSecurityHeaders({ res }: Pick<Context, 'res'>, secure: boolean): void {
  for (const [name, value] of securityHeaders) res.setHeader(name, value);
  if (secure) res.setHeader('Strict-Transport-Security', 'max-age=63072000; includeSubDomains');
}

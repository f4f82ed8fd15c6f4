/**
 * Headers of every answer. Pages load nothing from elsewhere, run no inline script, and cannot be framed (RFC 9700
 * section 4.16).
 */
import type { Context } from 'koa';

/**
 * The content security policy of a page. `formTargets`: redirect URIs that the forms of the page may lead to in the
 * end; browsers check each redirect that follows a form against `form-action`. `service`: what the script of a
 * challenge service may load from, where the page shows its challenge.
 */
export function contentSecurityPolicy(formTargets: readonly string[] = [], service: readonly string[] = []): string {
  const targets = ["'self'", ...new Set(formTargets.flatMap(formSource))].join(' ');
  return `${service.length === 0 ? ownSources : sources(service)}; form-action ${targets}; ${framing}`;
}

/** Where a page loads from. */
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

/** The same policy, with one more address that the forms of the page may lead to. */
export function withFormTarget(policy: string, uri: string): string {
  return policy.replace(/form-action [^;]*/, (directive) => [directive, ...formSource(uri)].join(' '));
}

/** Origin of an http(s) address, scheme of a native app's. */
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

/** Of every answer, before anything else is known of it; so straight on Node's response, without Koa's checks. */
export function setSecurityHeaders({ res }: Pick<Context, 'res'>, secure: boolean): void {
  for (const [name, value] of securityHeaders) res.setHeader(name, value);
  if (secure) res.setHeader('Strict-Transport-Security', 'max-age=63072000; includeSubDomains');
}

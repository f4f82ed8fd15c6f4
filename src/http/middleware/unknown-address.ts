/** The warning in the log about requests that come past the proxies of the operator (decision 200). */
import { oneMinute } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';

interface UnknownAddressOptions {
  /** From the active revision. */
  readonly trustedProxies: () => number;
  readonly now: () => Seconds;
  readonly warn: (message: string) => void;
}

/** A scanner that finds the port may be the first, and users of a wrong `trustedProxies` come later. */
const pause = 10 * oneMinute;

/** Called with the path of each request without an address. Probes of the operator come past the proxies. */
export function unknownAddressWarning({ trustedProxies, now, warn }: UnknownAddressOptions): (path: string) => void {
  let last: { readonly at: Seconds; readonly proxies: number } | undefined;
  let unsaid = 0;
  return (path) => {
    const proxies = trustedProxies();
    if (proxies === 0 || ['/livez', '/readyz'].includes(path)) return;
    const at = now();
    if (last?.proxies !== proxies) unsaid = 0;
    else if (at < last.at + pause) {
      unsaid += 1;
      return;
    }
    const more = unsaid === 0 ? '' : ` (and ${unsaid} since the last warning)`;
    last = { at, proxies };
    unsaid = 0;
    warn(
      `a request for ${path}${more} has no address in X-Forwarded-For that the first of ${proxies} trusted proxies (trustedProxies) would have written; rules about zones deny such sign-ins`,
    );
  };
}

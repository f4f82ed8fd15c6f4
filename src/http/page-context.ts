/** What all pages share: brand and language. */
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { currentRequest } from '../oidc/request-scope.ts';
import { type Brand, brandFor } from '../policy/revision/brand.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Renderer } from './html/render.ts';

export interface PageContext {
  readonly brand: Brand;
  readonly locale: string;
  /** Path and query of this page: it comes back here in another language. */
  readonly pageAddress: string;
  readonly timeZone?: string;
}

/** What goes before the wishes of the browser. Languages are BCP 47 tags separated by spaces, best first. */
export interface PagePreferences {
  /** Of the profile of a user who has proved something. */
  readonly profile?: string | undefined;
  /** The time zone of the same profile (IANA). */
  readonly timeZone?: string | undefined;
  /** What the relying party asks for (`ui_locales`). */
  readonly uiLocales?: string | undefined;
}

/**
 * The language that the user chose in this browser goes first, then that of the profile, then what the relying party
 * asks for, then what the browser prefers. A page about an app adds `brandFor(snapshot, app)`.
 */
export function pageContext(
  renderer: Renderer,
  snapshot: Snapshot | undefined,
  { profile, timeZone, uiLocales }: PagePreferences = {},
): PageContext {
  const { visitor, address } = currentRequest();
  const wishes = [visitor.language, profile, uiLocales].filter((one) => one !== undefined).join(' ');
  return {
    ...brandFor(snapshot),
    ...omitUndefined({ timeZone }),
    locale: renderer.chooseLocale({
      uiLocales: wishes,
      acceptLanguage: visitor.acceptLanguage,
      fallback: snapshot?.settings.defaultLanguage,
    }),
    pageAddress: isOwnAddress(address) ? address : '/account',
  };
}

/** What begins with two slashes would name a host, and what is endless would double the page. */
function isOwnAddress(address: string): boolean {
  return /^\/(?![/\\])/.test(address) && address.length <= 4000;
}

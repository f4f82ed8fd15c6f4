/** What all pages share: brand and language. */
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { currentRequest } from '../oidc/request-scope.ts';
import { type Brand, brandFor } from '../policy/revision/brand.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Renderer } from './html/render.ts';

export interface PageContext {
  readonly brand: Brand;
  readonly locale: string;
  /** Path and query of this page, to which the language selector returns. */
  readonly pageAddress: string;
  readonly timeZone?: string;
}

/** Preferences that come before those of the browser. Languages are BCP 47 tags separated by spaces, best first. */
export interface PagePreferences {
  /** From the profile, once the user has proved something. */
  readonly profile?: string | undefined;
  /** The time zone of the same profile (IANA). */
  readonly timeZone?: string | undefined;
  /** The relying party's request (`ui_locales`). */
  readonly uiLocales?: string | undefined;
}

/**
 * The language that the user chose in this browser comes first, then that of the profile, then the relying party's
 * request, then the browser's preference. A page about an app adds `brandFor(snapshot, app)`.
 */
export function pageContext(
  renderer: Renderer,
  snapshot: Snapshot | undefined,
  { profile, timeZone, uiLocales }: PagePreferences = {},
): PageContext {
  const { visitor, address } = currentRequest();
  const wishes = [visitor.language, profile, uiLocales].filter((wish) => wish !== undefined).join(' ');
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

/** Two slashes at the beginning would name a host, and a very long address would double the size of the page. */
function isOwnAddress(address: string): boolean {
  return /^\/(?![/\\])/.test(address) && address.length <= 4000;
}

/** What all pages share: brand and language. */
import { currentRequest } from '../oidc/request-scope.ts';
import { type Brand, brandFor } from '../policy/revision/brand.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Renderer } from './html/render.ts';

export interface PageContext {
  readonly brand: Brand;
  readonly locale: string;
}

/**
 * `uiLocales`: what the relying party asks for goes before what the browser prefers. A page about an app adds
 * `brandFor(snapshot, app)`.
 */
export function pageContext(renderer: Renderer, snapshot: Snapshot | undefined, uiLocales?: string): PageContext {
  const { acceptLanguage } = currentRequest().visitor;
  return {
    ...brandFor(snapshot),
    locale: renderer.chooseLocale({ uiLocales, acceptLanguage }),
  };
}

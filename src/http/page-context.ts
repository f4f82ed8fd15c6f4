/** What all pages share: brand and language. */
import { currentRequest } from '../oidc/request-scope.ts';
import type { Snapshot } from '../policy/revision/snapshot.ts';
import type { Renderer } from './html/render.ts';

export interface PageContext {
  readonly brand: { readonly name: string; readonly accent?: string };
  readonly locale: string;
}

/** `uiLocales`: what the relying party asks for goes before what the browser prefers. */
export function pageContext(renderer: Renderer, snapshot: Snapshot | undefined, uiLocales?: string): PageContext {
  const { acceptLanguage } = currentRequest().visitor;
  return {
    brand: snapshot?.settings.brand ?? { name: 'Stepgate' },
    locale: renderer.chooseLocale({ uiLocales, acceptLanguage }),
  };
}

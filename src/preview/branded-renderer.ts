/** A renderer that draws every page with one brand and in one language, regardless of the page. */
import type { Renderer } from '../http/html/render.ts';
import type { IdentifierTexts } from '../http/html/views/page-models.ts';
import type { AppLabel, Brand } from '../policy/revision/brand.ts';

export interface ShownBrand {
  readonly brand: Brand;
  /** The app whose sign-ins have the brand. Absent for the installation's brand, where pages name a sample app. */
  readonly app?: AppLabel;
  /** The configured words for the identifier. */
  readonly identify: IdentifierTexts;
}

/** The parts of a page that the renderer replaces. */
interface AnyPage {
  readonly app?: AppLabel;
  readonly step?: { readonly kind: string };
  readonly identify?: IdentifierTexts;
}

export function brandedRenderer(renderer: Renderer, { brand, app, identify }: ShownBrand, locale: string): Renderer {
  const shown = (page: AnyPage) => ({
    pageAddress: '/',
    ...page,
    brand,
    locale,
    ...(page.app && { app: page.app.ownAccount ? { ...page.app, name: brand.name } : (app ?? page.app) }),
    ...(page.step?.kind === 'identify' && !page.identify && { identify }),
  });
  const entries = Object.entries(renderer).map(([name, member]) =>
    name.startsWith('render') ? [name, (page: AnyPage) => member(shown(page))] : [name, member],
  );
  return Object.fromEntries(entries) as Renderer;
}

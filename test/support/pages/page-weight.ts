/** How heavy a page is, and how many requests it makes, with all that a brand can have. */
import { brotliCompressSync } from 'node:zlib';
import type { Renderer } from '../../../src/http/html/render.ts';
import { largestBrand } from '../../../src/policy/check/check-brand.ts';
import type { pageStates } from './page-states.ts';
import { sampleBrand, sampleBrandFiles, sampleLogo } from './sample-brand.ts';

/** Bytes: 30 KB. */
const mostBytes = 30 * 1024;

export interface PageWeight {
  /** What the page could still take, in bytes, beside a brand that has all that it may have. */
  readonly left: number;
  readonly requests: number;
  /** Bytes of the sheet with the logos of apps. */
  readonly logos: number;
}

type Draw = typeof pageStates extends ReadonlyMap<string, infer D> ? D : never;

/** Draws in one language, with a whole brand, the logo of an app, and the foot that a page of the server has. */
function withWholeBrand(renderer: Renderer, locale: string): Renderer {
  const common = { brand: sampleBrand, locale, pageAddress: '/signin/f1x2t3u4r5e6' };
  const entries = Object.entries(renderer).map(([name, member]) => {
    if (!name.startsWith('render')) return [name, member];
    return [
      name,
      (page: { readonly app?: object }) =>
        member({ ...page, ...common, ...(page.app && { app: { logoUri: sampleLogo, ...page.app } }) }),
    ];
  });
  return Object.fromEntries(entries) as Renderer;
}

/** What a page asks for besides itself. */
function linkedIn(html: string): readonly string[] {
  return [...html.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="(\/assets[^"]+)"/g)].map(([, path]) => path ?? '');
}

const isLogos = (path: string): boolean => path.startsWith('/assets/logos.');

/** Cached by renderer and path: hundreds of pages ask for the same few files. */
const weights = new WeakMap<Renderer, (path: string) => number>();

/** What a file weighs as our server compresses it. */
function weightsOf(renderer: Renderer): (path: string) => number {
  const [, usual = ''] = linkedIn(renderer.renderSignedOut({ brand: { name: 'A' }, locale: 'en', signedOut: true }));
  const known = new Map<string, number>();
  const weightOf = (path: string): number => {
    const styles = renderer.brandStyles(path);
    if (styles && isLogos(path))
      return brotliCompressSync(styles.compose(styles.files.map((hash) => sampleBrandFiles.get(hash))) ?? '').length;
    const asset = renderer.asset(styles === undefined ? path : usual);
    // The files of the brand are weighed when it is checked.
    return asset?.encoded('br')?.length ?? asset?.body.length ?? 0;
  };
  return (path) => {
    const weight = known.get(path) ?? weightOf(path);
    known.set(path, weight);
    return weight;
  };
}

/** Pages as they are, because they hold secrets, and the rest compressed. */
function weigh(renderer: Renderer, html: string): PageWeight {
  const weightOf = weights.get(renderer) ?? weightsOf(renderer);
  weights.set(renderer, weightOf);
  const paths = linkedIn(html);
  const bytes = paths.reduce((sum, path) => sum + weightOf(path), Buffer.byteLength(html));
  const logos = paths.filter(isLogos).reduce((sum, path) => sum + weightOf(path), 0);
  return { left: mostBytes - largestBrand - bytes, requests: 1 + paths.length, logos };
}

export function weighState(renderer: Renderer, draw: Draw, locale: string): PageWeight & { readonly html: string } {
  const html = draw(withWholeBrand(renderer, locale));
  return { html, ...weigh(renderer, html) };
}

/** A page stays light in every language, with a brand, and needs no script for its first paint. */
import { describe, expect, test } from '@jest/globals';
import { createRenderer, type Renderer } from '../../../src/http/html/render.ts';
import { largestBrand } from '../../../src/policy/check/check-brand.ts';
import { pageStates, viewsDir } from '../../support/page-states.ts';
import { sampleBrand, sampleMark } from '../../support/sample-brand.ts';

const renderer = createRenderer({ viewsDir });
/** Bytes: 30 KB. */
const mostBytes = 30 * 1024;
const mostRequests = 6;
/** Without what the brand may weigh: its pictures, and its own stylesheet. */
const ours = mostBytes - largestBrand;

/** Draws in one language, with a whole brand, the mark of an app, and the foot that a page of the server has. */
function withFoot(locale: string): Renderer {
  const common = { brand: sampleBrand, locale, pageAddress: '/signin/f1x2t3u4r5e6' };
  const entries = Object.entries(renderer).map(([name, member]) => {
    if (!name.startsWith('render')) return [name, member];
    return [
      name,
      (page: { readonly app?: object }) =>
        member({ ...page, ...common, ...(page.app && { app: { logoUri: sampleMark, ...page.app } }) }),
    ];
  });
  return Object.fromEntries(entries) as Renderer;
}

const linked = (html: string): readonly string[] =>
  [...html.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="(\/assets[^"]+)"/g)].map(([, path]) => path ?? '');

function weightOf(path: string): number {
  const styles = renderer.brandStyles(path);
  const asset = renderer.asset(styles === undefined ? path : (usual ?? ''));
  // The files of the brand are weighed when it is checked.
  return asset?.encoded('br')?.length ?? asset?.body.length ?? 0;
}
const [, usual] = linked(renderer.renderSignedOut({ brand: { name: 'A' }, locale: 'en', signedOut: true }));

/** A user with hundreds of entries has a longer page. */
const states = [...pageStates].filter(([name]) => !/hostile|long|many|inbox/.test(name));

describe.each(renderer.locales)('in %s', (locale) => {
  const drawn = states.map(([name, draw]) => [name, draw(withFoot(locale))] as const);

  test('a page weighs less than 30 KB with the largest brand', () => {
    const heavy = drawn
      .map(([name, html]) => {
        const assets = linked(html).map(weightOf);
        return [name, assets.reduce((sum, one) => sum + one, Buffer.byteLength(html))] as const;
      })
      .filter(([, weight]) => weight > ours);
    expect(heavy).toEqual([]);
  });

  test('a page makes six requests at most, with all that a brand can have, and none of them leaves this host', () => {
    expect(drawn.some(([, html]) => 1 + linked(html).length === mostRequests)).toBe(true);
    const many = drawn.filter(([, html]) => 1 + linked(html).length > mostRequests);
    expect(many.map(([name]) => name)).toEqual([]);
    const leaving = drawn.filter(([, html]) =>
      /<(?:link|script|img|source)[^>]* (?:href|src|srcset)="(?!\/|data:|https:\/\/challenges\.example\/)/.test(html),
    );
    expect(leaving.map(([name]) => name)).toEqual([]);
  });

  test('every script waits until the page is drawn', () => {
    const blocking = drawn.filter(([, html]) => /<script(?![^>]* defer)/.test(html));
    expect(blocking.map(([name]) => name)).toEqual([]);
  });
});

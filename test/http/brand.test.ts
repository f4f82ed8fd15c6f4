/** A brand as browsers get it: its files from our own host, by their hash, on every node and in every revision. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { revisionKey } from '../../src/stores/keys.ts';
import { appFile } from '../support/clients/authorize.ts';
import { beginSignIn } from '../support/clients/sign-in-flow.ts';
import { startNode, type TestNode } from '../support/servers/node.ts';

const svg = (colour: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="${colour}" d="M0 0h9v9z"/></svg>`;
const files = {
  'brand/logo.svg': svg('#1f5f4a'),
  'brand/dark.svg': svg('#8fd3b6'),
  'brand/shop.svg': svg('#993300'),
  'brand/own.css': '.card { border-radius: 0 }\n',
};
const settings = {
  name: 'Northwind',
  light: { accent: '#1f5f4a' },
  logo: { light: 'brand/logo.svg', dark: 'brand/dark.svg' },
  background: { light: 'brand/logo.svg', dark: 'brand/dark.svg' },
  stylesheet: 'brand/own.css',
  links: { contact: 'mailto:it@northwind.test' },
};

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ files: { ...files, ...appFile('plain'), ...ownBrand() } });
  await node.configure({ 'stepgate.yaml': await withBrand(settings) });
});
afterAll(() => node.stop());

function ownBrand(): Readonly<Record<string, string>> {
  return appFile('branded', {
    logo: 'brand/shop.svg',
    brand: { name: 'Northwind Shop', logo: { light: 'brand/shop.svg' }, light: { accent: '#993300' } },
  });
}

/** The settings of this node with another brand. */
async function withBrand(brand: object): Promise<string> {
  const { authenticators, zones } = (await node.app.revisions.current())?.settings ?? {};
  return stringify({ brand, zones, authenticators: { password: { enabled: true }, totp: authenticators?.totp } });
}

async function pageOf(clientId: string): Promise<string> {
  return (await beginSignIn(node, clientId)).page.html;
}

const linked = (html: string, pattern: RegExp): readonly string[] =>
  [...html.matchAll(pattern)].map(([, path]) => path ?? '');
const pictures = (html: string) => linked(html, / (?:src|srcset)="(\/assets\/brand\.[^"]+)"/g);
const styles = (html: string) => linked(html, /rel="stylesheet" href="([^"]+)"/g);

describe('a page', () => {
  test('has the logo, the colours, the sheet and the links of the product, under the usual policy', async () => {
    const html = await pageOf('plain');
    expect(pictures(html)).toHaveLength(2);
    expect(html).toContain('alt="Northwind"');
    expect(html).toContain('<a href="mailto:it@northwind.test"');
    const [sheet = ''] = styles(html);
    const answer = await fetch(node.origin + sheet, { headers: { 'accept-encoding': 'gzip, deflate, br' } });
    const css = await answer.text();
    expect(css).toContain('--accent:#1f5f4a');
    expect(css.endsWith(files['brand/own.css'])).toBe(true);
    for (const file of ['brand/logo.svg', 'brand/dark.svg'] as const)
      expect(css).toContain(`url("data:image/svg+xml;base64,${Buffer.from(files[file]).toString('base64')}")`);
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('vary')).toContain('Accept-Encoding');
  });

  test('of an app has what the app says, and else what the product says', async () => {
    const html = await pageOf('branded');
    expect(html).toContain('alt="Northwind Shop"');
    expect(html).toContain('<a href="mailto:it@northwind.test"');
    const [sheet = ''] = styles(html);
    expect(await (await fetch(node.origin + sheet)).text()).toContain('--accent:#993300');
    const all = await Promise.all(pictures(html).map(async (path) => (await fetch(node.origin + path)).text()));
    expect(all).toEqual([files['brand/shop.svg'], files['brand/shop.svg']]);
  });

  test('of an error has the brand of the product', async () => {
    const html = await (await fetch(`${node.origin}/nothing`, { headers: { accept: 'text/html' } })).text();
    expect(html).toContain('alt="Northwind"');
  });
});

describe('a picture', () => {
  test('is kept for good, by its hash, and does nothing where a browser opens it by itself', async () => {
    const [path = ''] = pictures(await pageOf('plain'));
    const answer = await fetch(node.origin + path);
    expect(answer.headers.get('content-type')).toBe('image/svg+xml');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'.*; sandbox$/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    const again = await fetch(node.origin + path, {
      headers: { 'if-none-match': answer.headers.get('etag') ?? '', 'cache-control': 'max-age=0' },
    });
    expect(again.status).toBe(304);
  });

  test('of a revision before is served still', async () => {
    const before = pictures(await pageOf('plain'));
    await node.configure({ 'stepgate.yaml': await withBrand({ ...settings, logo: { light: 'brand/shop.svg' } }) });
    expect(pictures(await pageOf('plain'))).toHaveLength(1);
    for (const path of before) expect((await fetch(node.origin + path)).status).toBe(200);
    await node.configure({ 'stepgate.yaml': await withBrand(settings) });
  });

  test('is the only document that an address leads to: not an app, and none that there is not', async () => {
    const { revision } = (await node.app.revisions.current()) ?? { revision: 0 };
    const { entries } = await node.store.load([revisionKey(revision)]);
    const { documents } = JSON.parse(entries.get(revisionKey(revision))?.value ?? '{}') as {
      readonly documents: Readonly<Record<string, string>>;
    };
    const hashes = { picture: documents['file/brand/shop.svg'], app: documents['app/plain'], nothing: '0'.repeat(64) };
    const statuses = Object.entries(hashes).map(async ([what, hash]) => {
      const answer = await fetch(`${node.origin}/assets/brand.${hash}.svg`);
      return [what, answer.status];
    });
    expect(Object.fromEntries(await Promise.all(statuses))).toEqual({ picture: 200, app: 404, nothing: 404 });
  });
});

test('a sign-in continues while the brand changes', async () => {
  const { agent, page } = await beginSignIn(node, 'plain');
  await node.configure({ 'stepgate.yaml': await withBrand({ ...settings, name: 'Northwind 2' }) });
  expect((await agent.open(page.url)).html).toContain('alt="Northwind 2"');
});

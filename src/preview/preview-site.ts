/**
 * The site of `stepgate preview`: every page and message in every language and both schemes, with each brand of a
 * configuration, and a first page to choose from. All addresses are relative, so the site can be served or written to
 * files. Nothing is sent from it: forms and links that leave the samples do nothing.
 */
import { assetOf } from '../http/html/assets/assets.ts';
import type { Renderer } from '../http/html/render.ts';
import type { BrandFile } from '../policy/model/brand.ts';
import { hashInAddress } from '../policy/revision/brand.ts';
import { escapeHtml } from '../rendering/escape-html.ts';
import { type Scheme, schemes } from '../rendering/palette.ts';
import { brandedRenderer, type ShownBrand } from './branded-renderer.ts';
import { inScheme } from './colour-scheme.ts';
import { indexPage } from './index-page.ts';
import { sampleMessages } from './samples/message-samples.ts';
import { samplePageGroups, samplePages } from './samples/sample-pages.ts';

export interface PreviewBrand extends ShownBrand {
  /** Part of addresses: letters, digits, `-`, `_`, `.`. */
  readonly id: string;
  /** The name in the list of brands. */
  readonly title: string;
}

export interface PreviewParts {
  /** The first one is the installation's. */
  readonly brands: readonly PreviewBrand[];
  readonly renderer: Renderer;
  /** The renderer's languages to show. The first one is shown first. */
  readonly locales: readonly string[];
  /** Renders a message: HTML for a mail, text for anything else. */
  readonly message: (name: string, brand: PreviewBrand, locale: string) => { html?: string; text: string };
  /** A picture or stylesheet of a brand, by its SHA-256. */
  readonly brandFile: (hash: string) => BrandFile | undefined;
  /** Files of the first page itself, by name. */
  readonly ownFiles: ReadonlyMap<string, PreviewFile>;
}

export interface PreviewFile {
  /** Content-Type */
  readonly type: string;
  readonly body: Buffer;
}

export interface PreviewSite {
  /** Relative addresses of the pages. */
  readonly pages: readonly string[];
  /** Any file of the site by its relative address. Undefined if there is none. */
  file(path: string): PreviewFile | undefined;
  /** Relative addresses of the files that a page of the site loads. */
  loadedBy(page: PreviewFile): readonly string[];
}

const htmlType = 'text/html; charset=utf-8';

export function previewSite(parts: PreviewParts): PreviewSite {
  const { brands, locales, ownFiles } = parts;
  const index = (): string => indexPage({ brands, locales, groups: (id) => groupsOf(id, brands) });
  const pages = brands.flatMap(({ id }) =>
    Object.values(groupsOf(id, brands)).flatMap((states) =>
      locales.flatMap((locale) =>
        schemes.flatMap((scheme) => states.map((state) => `${id}/${locale}/${scheme}/${state}.html`)),
      ),
    ),
  );
  const known = new Set(pages);
  return {
    pages: ['index.html', ...pages],
    file(path) {
      if (path === 'index.html') return { type: htmlType, body: Buffer.from(index()) };
      if (known.has(path)) return { type: htmlType, body: Buffer.from(pageAt(path, parts)) };
      const [, scheme, name] = /^assets\/(light|dark)\/([^/]+)$/.exec(path) ?? [];
      return name === undefined ? ownFiles.get(path) : assetAt(`/assets/${name}`, scheme as Scheme, parts);
    },
    loadedBy: ({ body }) => [...String(body).matchAll(/"\.\.\/\.\.\/\.\.\/(assets\/[^"]+)"/g)].map(([, at = '']) => at),
  };
}

/** Groups of states that show an app's brand: the pages of its sign-ins, and the messages that they send. */
const ofApps = /^(?:Who|Proofs|Setting|Before)/;

/** Names of states by group. */
function groupsOf(id: string, brands: readonly PreviewBrand[]): Readonly<Record<string, readonly string[]>> {
  const isApp = id !== brands[0]?.id;
  const pages = Object.entries(samplePageGroups).filter(([group]) => !isApp || ofApps.test(group));
  return {
    ...Object.fromEntries(pages.map(([group, states]) => [group, Object.keys(states)])),
    Messages: [...sampleMessages.keys()],
  };
}

/** The HTML of a page of the site. */
function pageAt(path: string, parts: PreviewParts): string {
  const [id = '', locale = '', scheme = '', file = ''] = path.split('/');
  const brand = parts.brands.find((previewBrand) => previewBrand.id === id) as PreviewBrand;
  const state = file.slice(0, -'.html'.length);
  const draw = samplePages.get(state);
  const html = draw === undefined ? messagePage(parts.message(state, brand, locale)) : undefined;
  const page = html ?? draw?.(brandedRenderer(parts.renderer, brand, locale)) ?? '';
  return withinSite(inScheme(page, scheme as Scheme), scheme);
}

function messagePage({ html, text }: { readonly html?: string; readonly text: string }): string {
  return html ?? `<!DOCTYPE html><meta charset="utf-8"><title>Message</title><pre>${escapeHtml(text)}</pre>`;
}

/** Links between account pages stay within the site. All other addresses of the host lead nowhere. */
function withinSite(html: string, scheme: string): string {
  return html
    .replaceAll(/ (href|src|srcset|action)="\/([^"]*)"/g, (_, name: string, path: string) => {
      if (path.startsWith('assets/')) return ` ${name}="../../../assets/${scheme}/${path.slice('assets/'.length)}"`;
      const state = path.replaceAll('/', '-');
      return ` ${name}="${name === 'href' && samplePages.has(state) ? `${state}.html` : '#'}"`;
    })
    .replaceAll(/ data-follow="[^"]*"/g, '');
}

/** `path`: as a node's pages name it. */
function assetAt(path: string, scheme: Scheme, { renderer, brandFile }: PreviewParts): PreviewFile | undefined {
  const styles = renderer.brandStyles(path);
  const hash = hashInAddress(path);
  const own = hash === undefined ? undefined : brandFile(hash);
  const ofBrand = own && { type: own.type, body: Buffer.from(own.data, 'base64') };
  const css = styles?.compose(styles.files.map(brandFile));
  const sheet = css === undefined ? undefined : assetOf('text/css; charset=utf-8', Buffer.from(css));
  const found = sheet ?? renderer.asset(path) ?? ofBrand;
  if (found === undefined || !/^text\/css|svg/.test(found.type)) return found;
  return { type: found.type, body: Buffer.from(inScheme(String(found.body), scheme)) };
}

/** Reads the input of a preview: the node's views, and the brands of a checked configuration. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { omitUndefined } from '../core/model/omit-undefined.ts';
import { createMessageRenderer, loadMessageTemplates, type MessageRenderer } from '../delivery/render-message.ts';
import { createRenderer } from '../http/html/render.ts';
import type { App } from '../policy/model/app.ts';
import type { AuthenticatorKind } from '../policy/model/authenticator-kind.ts';
import type { BrandFile } from '../policy/model/brand.ts';
import { type Documents, documentKey } from '../policy/model/documents.ts';
import { type BrandSource, brandFor } from '../policy/revision/brand.ts';
import { readApp, readSettings } from '../policy/revision/read-document.ts';
import { identifyPageOf } from '../policy/revision/snapshot.ts';
import { fallbackLocale } from '../rendering/catalogue.ts';
import { type PreviewBrand, type PreviewSite, previewSite } from './preview-site.ts';
import { sampleMessages } from './samples/message-samples.ts';

export interface OpenPreviewOptions {
  readonly documents: Documents;
  readonly authenticators: readonly AuthenticatorKind[];
  /** The folder of the shipped views. */
  readonly viewsDir: string;
  /** The operator's folder. */
  readonly operatorViewsDir?: string | undefined;
  /** Languages to show (BCP 47). Absent: all, English first. */
  readonly languages?: readonly string[] | undefined;
}

/** The configuration and the views have been checked. Throws a RangeError for a language without texts. */
export function openPreview(options: OpenPreviewOptions): PreviewSite {
  const { documents, authenticators, viewsDir, operatorViewsDir } = options;
  const renderer = createRenderer({ viewsDir, ...omitUndefined({ operatorViewsDir }) });
  const templates = loadMessageTemplates([viewsDir, ...(operatorViewsDir === undefined ? [] : [operatorViewsDir])]);
  const files = brandFiles(documents);
  const renderers = new Map<string, MessageRenderer>();
  const messagesIn = (locale: string): MessageRenderer => {
    const made =
      renderers.get(locale) ??
      createMessageRenderer({
        templates,
        textsFor: () => renderer.texts(locale),
        brand: () => ({ name: '' }),
        origin: '',
        accountUrl: 'https://id.example.org/account',
      });
    renderers.set(locale, made);
    return made;
  };
  return previewSite({
    brands: brandsIn(documents, { authenticators, fileHash: (file) => files.hashes.get(file) }),
    renderer,
    locales: chosenLanguages(renderer.locales, options.languages),
    message(name, { brand }, locale) {
      const message = sampleMessages.get(name);
      return message === undefined ? { text: '' } : messagesIn(locale)(message, undefined, brand);
    },
    brandFile: (hash) => files.byHash.get(hash),
    ownFiles: new Map([
      ['preview.css', { type: 'text/css; charset=utf-8', body: readFileSync(join(viewsDir, 'preview/preview.css')) }],
      ['preview.js', { type: 'text/javascript', body: readFileSync(join(viewsDir, 'preview/preview.js')) }],
    ]),
  });
}

function chosenLanguages(all: readonly string[], wanted: readonly string[] | undefined): readonly string[] {
  const unknown = wanted?.find((tag) => !all.includes(tag));
  if (unknown !== undefined)
    throw new RangeError(`There are no texts in the language ${unknown}; there are: ${all.join(', ')}.`);
  return wanted ?? [fallbackLocale, ...all.filter((tag) => tag !== fallbackLocale)];
}

function brandFiles(documents: Documents) {
  const hashes = new Map<string, string>();
  const byHash = new Map<string, BrandFile>();
  for (const { kind, name, content } of documents.values()) {
    if (kind !== 'file') continue;
    const file = content as BrandFile;
    const hash = createHash('sha256').update(file.data).digest('hex');
    hashes.set(name, hash);
    byHash.set(hash, file);
  }
  return { hashes, byHash };
}

/** The installation's brand, and those of apps with a brand or logo of their own. */
function brandsIn(
  documents: Documents,
  {
    authenticators,
    fileHash,
  }: { readonly authenticators: readonly AuthenticatorKind[]; readonly fileHash: NonNullable<BrandSource['fileHash']> },
): readonly PreviewBrand[] {
  const document = documents.get(documentKey('settings', 'settings'));
  if (document === undefined) throw new Error('a checked configuration has settings');
  const settings = readSettings(document, authenticators);
  const source = { settings, fileHash };
  const apps = [...documents.values()].filter(({ kind }) => kind === 'app').map(readApp);
  const shown = apps.filter(({ brand, logo }) => brand !== undefined || logo !== undefined);
  return [
    { id: 'installation', title: 'Installation', ...brandFor(source), identify: identifyPageOf(settings, {}) },
    ...shown.map((app, index) => ({
      id: idOf(app, index),
      title: app.name,
      ...brandFor(source, app),
      identify: identifyPageOf(settings, app),
    })),
  ];
}

/** A client id may contain any character, but this is the name of a directory. */
function idOf({ clientId }: App, index: number): string {
  return /^[\w-]{1,60}$/.test(clientId) ? `app-${clientId}` : `app.${index}`;
}

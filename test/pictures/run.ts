/**
 * `npm run pictures`: draws every page and mail, on a phone and on a desktop, light and dark, in English, German and
 * Arabic, and lays the pictures out on one sheet: `pictures/index.html`. Words as arguments draw only the states whose
 * name has one of them; `--language ja,it` draws other languages.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createMessageRenderer } from '../../src/delivery/render-message.ts';
import { sampleMessages } from '../../src/preview/samples/message-samples.ts';
import { launchBrowser } from '../support/pages/browser.ts';
import { inLanguage, pageStates, servePages } from '../support/pages/page-states.ts';
import { weighState } from '../support/pages/page-weight.ts';
import { sampleBrand } from '../support/pages/sample-brand.ts';
import { sharedViews } from '../support/shared/views.ts';

const schemes = ['light', 'dark'] as const;
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;

const { positionals: words, values } = parseArgs({
  allowPositionals: true,
  options: { language: { type: 'string', default: 'en,de,ar' } },
});
const locales = values.language.split(',');
const out = join(import.meta.dirname, '../../pictures');
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const renderer = sharedViews().pages;
const browser = await launchBrowser();
const rows = new Map<string, string[]>();
const isWanted = (name: string): boolean =>
  !name.includes('hostile') && (words.length === 0 || words.some((word) => name.includes(word)));

for (const locale of locales) {
  const server = await servePages(inLanguage(renderer, locale));
  const renderMail = createMessageRenderer({
    templates: sharedViews().messages,
    textsFor: () => renderer.texts(locale),
    brand: () => sampleBrand,
    accountUrl: 'https://id.example.org/account',
  });
  for (const scheme of schemes)
    for (const [size, viewport] of Object.entries(sizes)) {
      const page = await (
        await browser.newContext({ viewport, colorScheme: scheme, reducedMotion: 'reduce' })
      ).newPage();
      const shoot = async (name: string): Promise<void> => {
        const file = `${name}.${locale}.${size}.${scheme}.png`;
        await page.screenshot({ path: join(out, file), fullPage: true });
        rows.set(name, [...(rows.get(name) ?? []), file]);
      };
      for (const name of [...pageStates.keys()].filter(isWanted)) {
        await page.goto(`${server.origin}/${name}`);
        await shoot(name);
      }
      for (const [name, delivery] of [...sampleMessages].filter(
        ([key, { channel }]) => channel === 'email' && isWanted(key),
      )) {
        // A page that is replaced would keep its policy, which takes no styles within it.
        await page.goto('about:blank');
        await page.setContent(renderMail(delivery, undefined).html ?? '');
        await shoot(name);
      }
      await page.context().close();
    }
  await server.close();
}
await browser.close();

const figures = (files: readonly string[]): string =>
  files
    .map((file) => `<figure><img loading="lazy" src="${file}" alt=""><figcaption>${file}</figcaption></figure>`)
    .join('');
/** What the page could still take of its 30 KB, in the heaviest of these languages. */
const leftOf = (name: string): string => {
  const draw = pageStates.get(name);
  if (draw === undefined) return '';
  const left = Math.min(...locales.map((locale) => weighState(renderer, draw, locale).left));
  return ` (${left} bytes left of 30 KB, with a whole brand)`;
};
const sections = [...rows]
  .map(([name, files]) => `<h2>${name}${leftOf(name)}</h2><div>${figures(files)}</div>`)
  .join('\n');
const styles =
  'body{font:14px system-ui}div{display:flex;overflow-x:auto;gap:8px}figure{margin:0}img{height:420px;border:1px solid #999}';
await writeFile(
  join(out, 'index.html'),
  `<!DOCTYPE html><meta charset="utf-8"><title>Pictures</title><style>${styles}</style>\n${sections}\n`,
);
process.stdout.write(`${join(out, 'index.html')}: ${rows.size} pages and mails\n`);

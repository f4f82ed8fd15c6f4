/** `stepgate preview`: every page and message with the brand, and what it refuses. No store is at hand here. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { authenticatorKinds } from '../../../../src/authenticators/index.ts';
import { previewCommand } from '../../../../src/cli/preview/preview.ts';
import { checkOperatorViews } from '../../../../src/operator-views.ts';
import { openPreview } from '../../../../src/preview/open-preview.ts';
import { servePreview } from '../../../../src/preview/preview-server.ts';
import { sampleMessages } from '../../../../src/preview/samples/message-samples.ts';
import { samplePages } from '../../../../src/preview/samples/sample-pages.ts';
import { writePreview } from '../../../../src/preview/write-preview.ts';
import { viewsDir } from '../../../support/pages/page-states.ts';
import { validFiles, withConfiguration } from '../../policy/support/configuration-dir.ts';

const logo = (colour: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="${colour}" d="M0 0h9v9z"/></svg>\n`;
const hostile = '<script>alert(1)</script>';
const files = {
  ...validFiles,
  'stepgate.yaml': `brand:\n  name: "Northwind ${hostile}"\n  accent: "#1f5f4a"\n  logo: { light: brand/light.svg, dark: brand/dark.svg }\n  stylesheet: brand/own.css\nidentify: { label: { en: Staff number } }\n`,
  'apps/notes.yaml':
    'clientId: notes\nname: Notes of ours\nsignOnPolicy: notes\nlogo: brand/light.svg\nbrand: { light: { accent: "#993300" } }\nclient:\n  redirect_uris: [https://notes.test/cb]\n',
  'brand/light.svg': logo('#1f5f4a'),
  'brand/dark.svg': logo('#8fd3b6'),
  'brand/own.css': '@media (prefers-color-scheme: dark) { .card { outline-color: #123456; } }\n',
};
const { 'stepgate.yaml': settings } = files;

interface Outcome {
  stdout: string;
  stderr: string;
  code: number;
}

/** The command, with what it prints so far. `stop` ends one that serves. */
function start(views: string | undefined, ...args: readonly string[]) {
  const outcome: Outcome = { stdout: '', stderr: '', code: 0 };
  const stopped = new AbortController();
  const command = previewCommand({
    configDir: 'config',
    authenticators: authenticatorKinds,
    variables: {},
    checkViews: async () => (views === undefined ? [] : checkOperatorViews(views)),
    openPreview: (documents, languages) =>
      openPreview({ documents, languages, authenticators: authenticatorKinds, viewsDir, operatorViewsDir: views }),
    servePreview,
    writePreview,
    interrupted: () => stopped.signal,
    stdout: (text) => {
      outcome.stdout += text;
    },
    stderr: (text) => {
      outcome.stderr += text;
    },
    setExitCode: (code) => {
      outcome.code = code;
    },
  });
  const done = command.exitOverride().parseAsync(['--language', 'en,ar', ...args], { from: 'user' });
  return { outcome, done, stop: () => stopped.abort() };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'stepgate-preview-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('as files', () => {
  let out: string;
  beforeAll(async () => {
    out = join(root, 'site');
    await withConfiguration(files, async (dir) => {
      const { outcome, done } = start(undefined, dir, '--out', out, '--json');
      await done;
      expect(outcome).toMatchObject({ stderr: '', code: 0 });
      expect(JSON.parse(outcome.stdout)).toMatchObject({ ok: true, out });
    });
  });
  const read = (path: string) => readFile(join(out, path), 'utf8');

  test('has each page and message in each language and scheme, and a list of them', async () => {
    const expected = [...samplePages.keys(), ...sampleMessages.keys()].map((name) => `${name}.html`).toSorted();
    for (const folder of ['en/light', 'en/dark', 'ar/light', 'ar/dark'])
      expect((await readdir(join(out, 'installation', folder))).toSorted()).toEqual(expected);
    const index = await read('index.html');
    for (const name of expected) expect(index).toContain(`href="installation/en/light/${name}"`);
    expect(index).toContain('<option value="app-notes">Notes of ours</option>');
  });

  test('pages of an app are those of its sign-ins, with its own name and colours', async () => {
    const names = await readdir(join(out, 'app-notes/en/light'));
    expect(names).toContain('identify.html');
    expect(names).toContain('mail-code.html');
    expect(names).not.toContain('account.html');
    expect(await read('app-notes/en/light/identify.html')).toContain('Notes of ours');
    expect(await read('app-notes/en/light/identify.html')).toContain('993300');
  });

  test('a page is in its language and one scheme, names what the configuration names, and loads only what is there', async () => {
    for (const scheme of ['light', 'dark']) {
      const html = await read(`installation/en/${scheme}/identify.html`);
      expect(html).toContain('Staff number');
      expect(html).toContain(`<meta name="color-scheme" content="${scheme}">`);
      const loaded = [...html.matchAll(/ (?:href|src|srcset)="(\.\.[^"]+)"/g)].map(([, path = '']) => path);
      expect(loaded.length).toBeGreaterThanOrEqual(4);
      for (const path of loaded) await read(join(`installation/en/${scheme}`, path));
      const styles = await read(join(`installation/en/${scheme}`, loaded.find((path) => path.endsWith('.css')) ?? ''));
      expect(styles).toContain('.card { outline-color: #123456; }');
      expect(styles).not.toContain('prefers-color-scheme');
      expect(styles).toContain(`color-scheme:${scheme};`);
    }
    expect(await read('installation/ar/light/identify.html')).toContain('<html lang="ar" dir="rtl">');
  });

  test('nothing leads out of it, and texts of the configuration stay text', async () => {
    for (const name of await readdir(join(out, 'installation/en/light'))) {
      const html = await read(`installation/en/light/${name}`);
      expect([name, html.match(/ (?:href|src|srcset|action)="\/[^"]*"/g)]).toEqual([name, null]);
      expect([name, html.includes(hostile)]).toEqual([name, false]);
    }
    expect(await read('installation/en/light/identify.html')).toContain('Northwind &lt;script&gt;');
  });
});

describe('is refused as `config check` refuses it', () => {
  const refused = async (changed: Readonly<Record<string, string>>, template?: string): Promise<Outcome> => {
    const views = template === undefined ? undefined : await mkdtemp(join(root, 'views-'));
    if (views !== undefined) await writeFile(join(views, 'layout.ejs'), template ?? '');
    const out = join(root, 'refused');
    const { outcome, done } = await withConfiguration({ ...files, ...changed }, async (dir) => {
      const started = start(views, dir, '--out', out);
      await started.done;
      return started;
    });
    await done;
    await expect(readdir(out)).rejects.toThrow('ENOENT');
    return { ...outcome, stderr: outcome.stderr.replaceAll(`${views}/`, '') };
  };

  test('a colour that cannot be read', async () => {
    const grey = `${settings}`.replace('accent:', 'light: { text: "#999999", card: "#ffffff" }\n  accent:');
    const { stderr, code } = await refused({ 'stepgate.yaml': grey });
    expect(stderr).toMatch(/^stepgate\.yaml:3:18 brand\.light\.text cannot be read: text #999999 on card #ffffff/);
    expect(code).toBe(1);
  });

  test('a template of another version', async () => {
    const { stderr, code } = await refused({}, '<%# version 1 %>\n');
    expect(stderr).toMatch(
      /^layout\.ejs:1:1 is of version 1, and the template has version \d+: ours has changed since \[template_outdated\]$/m,
    );
    expect(code).toBe(1);
  });

  test('a language that there is not', async () => {
    const { done } = start(undefined, 'config', '--out', join(root, 'none'), '--language', 'tlh');
    await expect(done).rejects.toThrow('There are no texts in the language');
  });
});

test('served, a page shows the files as they are at the moment, and a form leads nowhere', async () => {
  await withConfiguration(files, async (dir) => {
    const { outcome, done, stop } = start(undefined, dir, '--port', '0');
    while (outcome.stdout === '') await new Promise((resolve) => setImmediate(resolve));
    const [address = ''] = /http:\S+/.exec(outcome.stdout) ?? [];
    const get = async (path: string) => {
      const response = await fetch(address + path);
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    expect((await get('')).text).toContain('installation/en/light/identify.html');
    const page = 'installation/en/dark/identify.html';
    expect((await get(page)).text).toContain('Staff number');
    expect((await get(page)).headers.get('content-security-policy')).toContain("form-action 'none'");
    expect((await fetch(address + page, { method: 'POST' })).status).toBe(204);
    expect((await get('installation/xx/dark/identify.html')).status).toBe(404);
    expect((await get('%ff')).status).toBe(404);
    await writeFile(join(dir, 'stepgate.yaml'), settings.replace('#1f5f4a', 'green'));
    const broken = await get(page);
    expect(broken.status).toBe(500);
    expect(broken.text).toContain('stepgate.yaml:3:11 brand.accent');
    await writeFile(join(dir, 'stepgate.yaml'), settings.replace('Staff number', 'Badge'));
    expect((await get(page)).text).toContain('Badge');
    stop();
    await done;
    await expect(fetch(address)).rejects.toThrow();
  });
});

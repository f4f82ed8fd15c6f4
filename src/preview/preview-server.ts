/** Serves a preview on this machine. It reads everything again for each page, so that changes show on reload. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { escapeHtml } from '../rendering/escape-html.ts';
import type { PreviewSite } from './preview-site.ts';

/** If the configuration is currently broken: the findings as lines. */
export type PreviewState = PreviewSite | { readonly findings: readonly string[] };

export interface PreviewServer {
  readonly address: string;
  close(): Promise<void>;
}

/** As strict as for a node's pages, except for the frame that shows them. */
const policy =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** `port` 0: any free one. Rejects with errors of listening. */
export async function servePreview(read: () => Promise<PreviewState>, port: number): Promise<PreviewServer> {
  let site: PreviewState = await read();
  const server = createServer((request, response) => {
    const path = pathOf(request.url ?? '/');
    // An operator's template may compile and still fail on its model.
    answer(path).catch((error: unknown) => send(500, linesPage([`${path}: ${(error as Error).message}`])));
    async function answer(asked: string): Promise<void> {
      // A form of a sample page: the browser stays on the page.
      if (request.method === 'POST') return void response.writeHead(204).end();
      if (asked.endsWith('.html')) site = await read();
      if ('findings' in site) return send(500, linesPage(site.findings));
      const file = site.file(asked);
      if (file === undefined) return send(404, linesPage(['The preview has no such page.']));
      send(200, file.body, file.type);
    }
    function send(status: number, body: string | Buffer, type = 'text/html; charset=utf-8'): void {
      const headers = { 'content-type': type, 'content-security-policy': policy, 'cache-control': 'no-store' };
      response.writeHead(status, headers).end(body);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const { port: chosen } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${chosen}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Without the leading slash. If it cannot be decoded, it is left as it is. */
function pathOf(url: string): string {
  const path = URL.parse(url, 'http://preview')?.pathname ?? '/';
  try {
    return decodeURIComponent(path).slice(1) || 'index.html';
  } catch {
    return path;
  }
}

function linesPage(lines: readonly string[]): string {
  return `<!DOCTYPE html><meta charset="utf-8"><title>Preview</title><pre>${escapeHtml(lines.join('\n'))}</pre>`;
}

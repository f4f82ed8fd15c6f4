/** Serves a preview on this machine, and reads everything anew for each page, so that a change shows on a reload. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { escapeHtml } from '../rendering/escape-html.ts';
import type { PreviewSite } from './preview-site.ts';

/** Lines of problems in place of a site: the configuration is broken at the moment. */
export type PreviewState = PreviewSite | { readonly problems: readonly string[] };

export interface PreviewServer {
  readonly address: string;
  close(): Promise<void>;
}

/** As strict as the pages of a node, but for the frame that shows them. */
const policy =
  "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

/** `port` 0: any free one. Rejects with what listening rejects with. */
export async function servePreview(read: () => Promise<PreviewState>, port: number): Promise<PreviewServer> {
  let site: PreviewState = await read();
  const server = createServer((request, response) => {
    const path = pathOf(request.url ?? '/');
    // An own template may be good by itself and fail on what it is given.
    answer(path).catch((error: unknown) => send(500, problemsPage([`${path}: ${(error as Error).message}`])));
    async function answer(path: string): Promise<void> {
      // A form of a sample page: the browser stays where it is.
      if (request.method === 'POST') return void response.writeHead(204).end();
      if (path.endsWith('.html')) site = await read();
      if ('problems' in site) return send(500, problemsPage(site.problems));
      const file = site.file(path);
      if (file === undefined) return send(404, problemsPage(['The preview has no such page.']));
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

/** Without the first slash; what cannot be decoded is left as it is. */
function pathOf(url: string): string {
  const path = URL.parse(url, 'http://preview')?.pathname ?? '/';
  try {
    return decodeURIComponent(path).slice(1) || 'index.html';
  } catch {
    return path;
  }
}

function problemsPage(lines: readonly string[]): string {
  return `<!DOCTYPE html><meta charset="utf-8"><title>Preview</title><pre>${escapeHtml(lines.join('\n'))}</pre>`;
}

/** The least relying party that a browser can come back to: a page that says "back". */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LandingPage {
  /** A redirect URI that the demo's apps take (RFC 8252 section 7.3). */
  readonly url: string;
  close(): void;
}

export async function openLandingPage(): Promise<LandingPage> {
  const app = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<h1>back</h1>'),
  );
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  return {
    url: `http://127.0.0.1:${(app.address() as AddressInfo).port}/cb`,
    close() {
      app.closeAllConnections();
      app.close();
    },
  };
}

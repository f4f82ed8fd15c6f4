/** The least relying party that a browser can come back to: a page that says "back". */
import { openServer } from '../servers/http-server.ts';

export interface LandingPage {
  /** A redirect URI that the demo's apps take (RFC 8252 section 7.3). */
  readonly url: string;
  close(): Promise<void>;
}

export async function openLandingPage(): Promise<LandingPage> {
  const { port, close } = await openServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<h1>back</h1>'),
  );
  return { url: `http://127.0.0.1:${port}/cb`, close };
}

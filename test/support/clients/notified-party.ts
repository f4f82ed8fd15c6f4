/** A relying party's address for back-channel logout, on loopback: keeps what it hears, and can be slow on purpose. */
import type { ServerResponse } from 'node:http';
import { openServer } from '../servers/http-server.ts';

export interface Notice {
  /** Path that was posted to, without the slash. */
  readonly client: string;
  readonly contentType: string;
  readonly logoutToken: string;
}

export interface NotifiedParty {
  readonly origin: string;
  readonly notices: readonly Notice[];
  /** Requests to `/slow` that have no answer yet and whose sender still waits. */
  readonly waiting: () => number;
  /** Requests to `/slow` whose sender gave up. */
  readonly givenUp: () => number;
  stop(): Promise<void>;
}

export async function startNotifiedParty(): Promise<NotifiedParty> {
  const notices: Notice[] = [];
  const openResponses = new Set<ServerResponse>();
  let givenUp = 0;
  const { port, close } = await openServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = new URLSearchParams(Buffer.concat(chunks).toString());
    const client = (request.url ?? '').slice(1);
    notices.push({
      client,
      contentType: request.headers['content-type'] ?? '',
      logoutToken: body.get('logout_token') ?? '',
    });
    if (client !== 'slow') return void response.writeHead(client === 'broken' ? 500 : 204).end();
    openResponses.add(response);
    response.on('close', () => {
      if (openResponses.delete(response)) givenUp += 1;
    });
  });
  return {
    origin: `http://127.0.0.1:${port}`,
    notices,
    waiting: () => openResponses.size,
    givenUp: () => givenUp,
    async stop() {
      openResponses.clear();
      await close();
    },
  };
}

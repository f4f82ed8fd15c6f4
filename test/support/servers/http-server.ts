/** The HTTP servers of tests: each on a free port of loopback. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OpenServer {
  readonly server: Server;
  readonly port: number;
  /** Ends all connections, and resolves when the server is closed; a second time it does nothing. */
  close(): Promise<void>;
}

/**
 * No connection is ended because it waits. Client and server are often one process here. When the machine is busy, Node
 * would close an idle connection (after 5 seconds) just as `fetch` sends the next request on it, and the test would
 * fail with ECONNRESET.
 */
const patience = { keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 } as const;

/** `port`: absent: a free one. Rejects when the port is taken. */
export async function openServer(listener?: RequestListener, port = 0): Promise<OpenServer> {
  const server = createServer(patience, listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

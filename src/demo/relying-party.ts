/** The server of the demo's relying parties. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDemoSessions } from './demo-sessions.ts';
import { createRelyingPartyApp } from './relying-party-app.ts';

/** `port` 0 uses a free one. `now` returns seconds since the epoch, by default from the system's clock. */
export interface DemoRelyingPartyOptions {
  readonly issuer: string;
  readonly port: number;
  readonly host: string;
  readonly now?: () => number;
}

export interface DemoRelyingParty {
  /** `http://localhost:<port>`. Callbacks are `<origin>/<app>/callback`. */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * How long a connection may be idle (milliseconds). With Node's default of 5 seconds, a busy machine may close a
 * connection just as the browser sends on it.
 */
const idleTime = 75_000;

/**
 * Starts the demo's apps. The provider is contacted at the first sign-in and may start later. Rejects if the port is
 * taken, or if the issuer is neither on this machine nor behind TLS.
 */
export async function startDemoRelyingParty(options: DemoRelyingPartyOptions): Promise<DemoRelyingParty> {
  const now = options.now ?? (() => Date.now() / 1000);
  const server = createServer({ keepAliveTimeout: idleTime });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `http://localhost:${port}`;
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  try {
    const app = createRelyingPartyApp({ issuer: options.issuer, origin, now, sessions: createDemoSessions(now) });
    server.on('request', app.callback());
  } catch (error) {
    await close();
    throw error;
  }
  return { origin, close };
}

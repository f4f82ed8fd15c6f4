import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDemoSessions } from './demo-sessions.ts';
import { createRelyingPartyApp } from './relying-party-app.ts';

/** `port` 0 takes a free one. `now` gives the seconds since the epoch and is the system's clock by default. */
export interface DemoRelyingPartyOptions {
  readonly issuer: string;
  readonly port: number;
  readonly host: string;
  readonly now?: () => number;
}

export interface DemoRelyingParty {
  /** `http://localhost:<port>`: callbacks are `<origin>/<app>/callback`. */
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * How long a connection may be idle, in milliseconds. Node's own 5 seconds are so short that a busy machine closes a
 * connection just as the browser sends on it.
 */
const idleTime = 75_000;

/**
 * Starts the demo's applications. The provider is asked at the first sign-in and may start later. Rejects when the
 * port is taken or the issuer is neither on this machine nor behind TLS.
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

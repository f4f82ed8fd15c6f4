/**
 * Stepgate as the package runs it, composed as `serve` does it, on Redis, with audit lines on stdout; and one
 * thing more: it counts its round trips. Configuration and users are in the store already.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { createApp } from '../../../src/app.ts';
import { createLogger } from '../../../src/log.ts';
import { findRequest } from '../../../src/oidc/request-scope.ts';
import { openRedis } from '../../../src/stores/redis/redis.ts';
import { serveReadings } from './meter.ts';

// As `serve` does.
setFlagsFromString('--heap-growing-percent=60');

let roundTrips = 0;
const store = openRedis({
  url: process.env.REDIS_URL ?? '',
  prefix: process.env.PREFIX ?? '',
  // A busy machine is slow, and no measurement is about waiting.
  patience: { connect: 30_000, ready: 60_000, command: 60_000, replicas: 30_000 },
  // Once a second a node follows the store; that belongs to no request.
  onRoundTrip: () => {
    if (findRequest()) roundTrips += 1;
  },
});
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
const app = createApp({ store, issuer, log: createLogger((line) => process.stdout.write(line)) });
await app.activeRevision.start();
const handle = app.koa.callback();
server.on('request', (request, response) => void handle(request, response));
serveReadings({ issuer }, () => roundTrips);

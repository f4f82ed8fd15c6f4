/**
 * Stepgate as the package runs it: built, composed as `serve` does it, on Redis, with audit lines on stdout; and one
 * thing more: it counts its round trips. Configuration and users are in the store already.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { serveReadings } from './meter.ts';

type Source = {
  'app.js': typeof import('../../../src/app.ts');
  'log.js': typeof import('../../../src/log.ts');
  'oidc/request-scope.js': typeof import('../../../src/oidc/request-scope.ts');
  'stores/redis.js': typeof import('../../../src/stores/redis.ts');
};

async function built<File extends keyof Source>(file: File): Promise<Source[File]> {
  return (await import(new URL(`../../../dist/${file}`, import.meta.url).href)) as Source[File];
}

// As `serve` does.
setFlagsFromString('--heap-growing-percent=60');

const { createApp } = await built('app.js');
const { createLogger } = await built('log.js');
const { openRedis } = await built('stores/redis.js');
const { findRequest } = await built('oidc/request-scope.js');

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

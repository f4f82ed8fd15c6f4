/** Stepgate as `serve` composes it, on Redis, with the demo's policies, audit lines on stdout, and one thing more: it counts its round trips. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../../../src/app.ts';
import { passwordCredential } from '../../../src/authenticators/password.ts';
import { hashPassword } from '../../../src/authenticators/password-hash.ts';
import { createLogger } from '../../../src/log.ts';
import { openRedis } from '../../../src/stores/redis.ts';
import { currentUnit } from '../../../src/stores/unit-of-work.ts';
import { benchDocuments } from './documents.ts';
import { serveReadings } from './meter.ts';
import { identifierOf, password, people } from './scenario.ts';

let roundTrips = 0;
const store = openRedis({
  url: process.env.REDIS_URL ?? '',
  prefix: process.env.PREFIX ?? 'stepgate:',
  // Once a second a node follows the store; that belongs to no request.
  onRoundTrip: () => {
    if (currentUnit()) roundTrips += 1;
  },
});

const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
const app = createApp({ store, issuer, log: createLogger((line) => process.stdout.write(line)) });
await app.revisions.apply(await benchDocuments(), { by: 'bench' });
await app.live.start();
const credential = passwordCredential(await hashPassword(app.hashing, password));
for (let person = 0; person < people; person += 1) {
  const email = identifierOf(person);
  await app.directory.create({
    identifiers: [email],
    profile: { displayName: 'Somebody', email, emailVerified: true },
    groups: ['staff'],
    credentials: [credential],
  });
}
const handle = app.koa.callback();
server.on('request', (request, response) => void handle(request, response));
serveReadings({ issuer }, () => roundTrips);

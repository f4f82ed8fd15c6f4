/** The process of a node: killed in the middle of a sign-in, ended under load, given a broken configuration. */

import { once } from 'node:events';
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { claimsOf, redeemCode, refresh } from '../support/clients/raw-client.ts';
import type { TestUser } from '../support/clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, identify, passcode } from '../support/clients/sign-in-flow.ts';
import { codeIn, mailTo } from '../support/messages/mail.ts';
import { mainForm, UserAgent } from '../support/pages/user-agent.ts';
import { freePort } from '../support/servers/free-port.ts';
import { type Running, startStepgate } from '../support/servers/stepgate-process.ts';
import { removeDirectory } from '../support/values/remove-directory.ts';
import { until } from '../support/values/until.ts';

const password = 'a password of the demo';
const alice: TestUser = { identifier: 'alice@demo.test', password };
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Demo {
  readonly issuer: string;
  readonly port: number;
  readonly configDir: string;
  /** Starts it, again on the same ports and data. */
  start(): Promise<Running>;
}

async function demo({ shutdownDelay = 1, shutdownTimeout = 7 } = {}): Promise<Demo> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-process-'));
  stops.push(() => removeDirectory(dir));
  const configDir = join(dir, 'config');
  // Tests change the policies of the demo at will, and so break what it promises.
  await cp('config', configDir, { recursive: true, filter: (from) => !from.endsWith('invariants.yaml') });
  // The demo takes two in a row.
  const port = await freePort();
  const env = {
    PORT: String(port),
    DATA_DIR: join(dir, 'data'),
    CONFIG_DIR: configDir,
    DEMO_PASSWORD: password,
    SHUTDOWN_DELAY: String(shutdownDelay),
    SHUTDOWN_TIMEOUT: String(shutdownTimeout),
  };
  return {
    issuer: `http://localhost:${port}`,
    port,
    configDir,
    async start() {
      const running = startStepgate(env, ['serve', '--demo', '--log-file', '-']);
      stops.push(() => running.stop('SIGKILL'));
      await running.line(/"listening"/);
      await (await fetch(`http://localhost:${port}/readyz`)).arrayBuffer();
      return running;
    },
  };
}

describe('kill -9', () => {
  test('in the middle of a sign-in: it continues after the restart, and every acknowledged write is there', async () => {
    const node = await demo();
    const first = await node.start();
    const { agent, page, request } = await beginSignIn(node, 'payroll');
    // All that the account can prove comes before something is set up.
    const asked = await identify(agent, page, alice);
    const mail = await mailTo({ origin: node.issuer }, alice.identifier);
    const choice = await answerStep(agent, asked, { 'credentials.passcode': codeIn(mail) });
    const offer = await answerStep(agent, choice, { 'authenticator.id': 'totp' });
    expect(currentStep(offer)).toBe('enroll:totp');
    await first.stop('SIGKILL');
    const second = await node.start();
    const user: TestUser = { ...alice, totp: offer.secret ?? '' };
    const end = await answerStep(agent, offer, await passcode(user));
    expect(currentStep(end)).toBe('code');
    await second.stop('SIGKILL');
    const third = await node.start();
    const { tokens } = await redeemCode(node.issuer, request, end.url);
    expect(claimsOf(tokens?.id_token).amr).toEqual(['mfa', 'otp', 'pwd']);
    await third.stop('SIGKILL');
    await node.start();
    expect((await redeemCode(node.issuer, request, end.url)).error).toBe('invalid_grant');
    expect((await refresh(node.issuer, 'payroll', tokens?.refresh_token ?? '')).error).toBe('invalid_grant');
    const again = await beginSignIn(node, 'payroll');
    const challenged = await identify(again.agent, again.page, alice);
    expect(currentStep(challenged)).toBe('challenge:totp');
    expect(currentStep(await answerStep(again.agent, challenged, await passcode(user)))).toBe('code');
  });

  test('a session and a family of tokens outlive it, a lock-out and a used code too', async () => {
    const node = await demo();
    const first = await node.start();
    const signedIn = await beginSignIn(node, 'notes');
    const end = await identify(signedIn.agent, signedIn.page, alice);
    const { tokens } = await redeemCode(node.issuer, signedIn.request, end.url);
    for (let guess = 0; guess < 10; guess += 1) {
      const { agent, page } = await beginSignIn(node, 'notes');
      await answerStep(agent, page, { identifier: 'bob@demo.test', 'credentials.passcode': `guess ${guess}` });
    }
    await first.stop('SIGKILL');
    await node.start();
    const silent = await beginSignIn(node, { client_id: 'notes', prompt: 'none' }, signedIn.agent);
    expect(currentStep(silent.page)).toBe('code');
    const renewed = await refresh(node.issuer, 'notes', tokens?.refresh_token ?? '');
    expect(renewed.tokens?.refresh_token).toBeTruthy();
    const { agent, page } = await beginSignIn(node, 'notes');
    const locked = await identify(agent, page, { identifier: 'bob@demo.test', password });
    expect([locked.status, locked.messages]).toEqual([429, ['attempts.exceeded']]);
  });
});

/**
 * Whether an error of `fetch` says that the server was not listening any more; all others are requests that were cut
 * off.
 */
function isRefusal(error: unknown): boolean {
  return ((error as Error).cause as { code?: string } | undefined)?.code === 'ECONNREFUSED';
}

test('a body that never ends is given up, and an idle connection is kept longer than proxies keep theirs', async () => {
  const node = await demo();
  await node.start();
  const idle = await fetch(`http://localhost:${node.port}/livez`);
  expect(idle.headers.get('keep-alive')).toBe('timeout=75');
  const socket = connect(node.port, '127.0.0.1');
  socket.on('error', () => {});
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    answer += text;
  });
  socket.write('POST /oauth2/v1/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n');
  socket.write('Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=');
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
});

describe('SIGTERM', () => {
  test('under load, three times: not ready first, ends with 0, and no request is cut off', async () => {
    const cut: string[] = [];
    const ends: Promise<number | null>[] = [];
    for (let round = 0; round < 3; round += 1) {
      // Long enough for clients of a busy machine to learn of it.
      const node = await demo({ shutdownDelay: 20 });
      const running = await node.start();
      let answered = 0;
      let ready = true;
      /** Sends requests for as long as the node says that it takes them, as a load balancer does. */
      const client = async (index: number): Promise<void> => {
        while (ready) {
          try {
            if (index % 2 === 0) {
              const { agent, page } = await beginSignIn(node, 'notes');
              await identify(agent, page, alice);
            } else await (await fetch(`${node.issuer}/oauth2/v1/keys`)).arrayBuffer();
            answered += 1;
          } catch (error) {
            cut.push(String((error as Error).cause ?? error));
            return;
          }
        }
      };
      const clients = Array.from({ length: 12 }, (_, index) => client(index));
      await until('some answers', () => answered > 30);
      ends.push(running.stop('SIGTERM'));
      await until('not ready', async () => {
        const answer = await fetch(`${node.issuer}/readyz`);
        await answer.arrayBuffer();
        ready = answer.status === 200;
        return !ready;
      });
      await Promise.all(clients);
    }
    expect(cut).toEqual([]);
    expect(await Promise.all(ends)).toEqual([0, 0, 0]);
  });

  test.each<[string, readonly ('SIGTERM' | 'SIGHUP')[]]>([
    ['SIGTERM', ['SIGTERM']],
    ['SIGHUP', ['SIGHUP']],
    ['SIGTERM twice', ['SIGTERM', 'SIGTERM']],
  ])('%s while a password is being hashed: the answer arrives', async (_, signals) => {
    const node = await demo();
    const running = await node.start();
    const begun = await Promise.all(Array.from({ length: 6 }, () => beginSignIn(node, 'notes')));
    const answers = begun.map(({ agent, page }) =>
      agent.send(page.url, {
        method: 'POST',
        body: new URLSearchParams({
          ...mainForm(page)?.fields,
          identifier: alice.identifier,
          'credentials.passcode': password,
        }),
      }),
    );
    await Promise.race(answers);
    const ended = signals.map((signal) => running.stop(signal));
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(statuses).toEqual([303, 303, 303, 303, 303, 303]);
    expect(await Promise.all(ended)).toEqual(signals.map(() => 0));
  });

  test('a connection that sends nothing, or only half of a request, does not delay it', async () => {
    const node = await demo();
    const running = await node.start();
    const sockets: Socket[] = [connect(node.port, '127.0.0.1'), connect(node.port, '127.0.0.1')];
    for (const socket of sockets) {
      socket.on('error', () => {});
      await once(socket, 'connect');
    }
    sockets[1]?.write('POST /signin/aaaaaaaaaaaa HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n');
    expect(await running.stop('SIGTERM')).toBe(0);
    for (const socket of sockets) socket.destroy();
  });
});

test('how long requests under way may take after SIGTERM is set by the operator', async () => {
  const ends = [0, 3600].map(async (shutdownTimeout) => {
    const node = await demo({ shutdownTimeout });
    const running = await node.start();
    const socket = connect(node.port, '127.0.0.1');
    socket.on('error', () => {});
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n');
    const closed = once(socket, 'close');
    const ended = running.stop('SIGTERM');
    await until('the node to take no more connections', () =>
      fetch(`http://localhost:${node.port}/livez`)
        .then(
          async (response) => void (await response.arrayBuffer()),
          (error: unknown) => isRefusal(error),
        )
        .then((refused) => refused === true),
    );
    // A node that waits for nothing ends the connection by itself: what arrived just before that would be answered.
    if (shutdownTimeout > 0) socket.write('\r\n');
    await closed;
    expect(await ended).toBe(0);
    return answer.split('\r\n')[0];
  });
  expect(await Promise.all(ends)).toEqual(['', 'HTTP/1.1 200 OK']);
});

describe('a configuration that changes while the node runs', () => {
  const brandOf = async (node: Demo): Promise<string> => {
    const { page } = await beginSignIn(node, 'notes', new UserAgent());
    return /<title>[^<]*– ([^<]*)<\/title>/.exec(page.html)?.[1] ?? '';
  };

  test('broken: it is reported with its place, and nothing changes; mended: it is active', async () => {
    const node = await demo();
    const running = await node.start();
    const file = join(node.configDir, 'policies/sign-on/notes.yaml');
    await writeFile(file, 'name: notes\nrules:\n  - name: Everybody\n    then: alow\n');
    await running.line(/policies\/sign-on\/notes\.yaml:4:11/);
    await writeFile(join(node.configDir, 'apps/notes.yaml'), 'clientId: [');
    await running.line(/apps\/notes\.yaml:1/);
    const { agent, page } = await beginSignIn(node, 'notes');
    expect(currentStep(await identify(agent, page, alice))).toBe('code');
    expect((await fetch(`${node.issuer}/readyz`)).status).toBe(200);
    await cp('config/apps/notes.yaml', join(node.configDir, 'apps/notes.yaml'));
    const closed = '  - { name: Closed, when: { scopes: { any: [openid] } }, then: deny }\n';
    const others = '  - { name: Others, then: { allow: { factors: 1 } } }\n';
    await writeFile(file, `name: notes\nrules:\n${closed}${others}`);
    await until('the new policy', async () => {
      const next = await beginSignIn(node, 'notes');
      return next.page.status === 403 || (await identify(next.agent, next.page, alice)).status === 403;
    });
  });

  test('every write of many in a row ends in the last one', async () => {
    const node = await demo();
    const running = await node.start();
    const file = join(node.configDir, 'stepgate.yaml');
    const brands = Array.from({ length: 20 }, (_, index) => `Brand ${index}`);
    for (const name of brands) {
      await writeFile(file, `brand: {`);
      await writeFile(
        file,
        JSON.stringify({
          brand: { name },
          zones: { office: { cidrs: ['192.0.2.0/24'] } },
          authenticators: { webauthn: { enabled: true }, recovery_code: { enabled: true } },
        }),
      );
    }
    await until('the last brand', async () => (await brandOf(node)) === 'Brand 19');
    expect(running.lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

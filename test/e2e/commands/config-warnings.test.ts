/**
 * The warnings about what a valid configuration does at its own risk, as the log of a server that starts with it shows
 * them.
 */

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createLogger } from '../../../src/log.ts';
import { serve } from '../../../src/serve.ts';
import { freePort } from '../../support/servers/free-port.ts';
import { startStepgate } from '../../support/servers/stepgate-process.ts';
import { until } from '../../support/values/until.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stepgate-warnings-'));
  await cp('config', join(dir, 'config'), { recursive: true });
  // They require what these settings do not enable.
  await rm(join(dir, 'config', 'invariants.yaml'));
  await rm(join(dir, 'config', 'policies', 'enrollment.yaml'), { force: true });
  await write('email: { enabled: true }');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const settings = () => join(dir, 'config', 'stepgate.yaml');

async function write(authenticators: string): Promise<void> {
  await writeFile(
    settings(),
    `brand: { name: Test }\nzones: { office: { cidrs: [192.0.2.0/24] } }\nauthenticators:\n  ${authenticators}\n`,
  );
}

interface Logging {
  readonly lines: readonly string[];
}

/** A server within this process. */
async function started(demo = false): Promise<Logging & { stop(): Promise<void> }> {
  const port = await freePort();
  const lines: string[] = [];
  const { stop } = await serve({
    port,
    host: '127.0.0.1',
    dataDir: join(dir, 'data'),
    configDir: join(dir, 'config'),
    shutdownDelay: 0,
    variables: { ...process.env, PORT: String(port) },
    log: createLogger((line) => void lines.push(line)),
    ...(demo ? { demo: { print: () => undefined } } : { issuer: `http://localhost:${port}` }),
  });
  return { lines, stop };
}

const warned = ({ lines }: Logging) => lines.filter((line) => line.includes(': warning: '));
const aboutMail = /stepgate\.yaml:4:3: warning: authenticators\.email is enabled, and there is no `mail` section/;

test('a server logs the warnings once when it starts, and when they may be new', async () => {
  const port = String(await freePort());
  const env = { PORT: port, ISSUER: `http://localhost:${port}`, HOST: '127.0.0.1' };
  const dirs = { DATA_DIR: join(dir, 'data'), CONFIG_DIR: join(dir, 'config') };
  const server = startStepgate({ ...env, ...dirs }, ['serve', '--log-file', '-']);
  await server.line(/"listening"/);
  try {
    expect(warned(server).filter((line) => aboutMail.test(line))).toHaveLength(1);
    expect(JSON.parse(await server.line(aboutMail))).toMatchObject({ level: 'warn' });
    const before = await readFile(settings(), 'utf8');
    await writeFile(settings(), before.replace('Test', 'Other'));
    await until(
      'the change is applied',
      async () => warned(server).filter((line) => aboutMail.test(line)).length === 2,
    );
  } finally {
    await server.stop('SIGTERM');
  }
});

test('the demo has an inbox: mail without a transport is nothing to warn about', async () => {
  const server = await started(true);
  try {
    expect(server.lines.join('\n')).toContain('configuration applied');
    expect(warned(server).filter((line) => aboutMail.test(line))).toEqual([]);
  } finally {
    await server.stop();
  }
});

test('a change with an error of the analysis is refused, even at the next start, and the active revision stays', async () => {
  const policy = join(dir, 'config', 'policies', 'sign-on', 'notes.yaml');
  const dead = '- { name: Dead, when: { groups: { any: [a], none: [a] } }, then: deny }';
  const broken = (await readFile(policy, 'utf8')).replace('rules:\n', `rules:\n  ${dead}\n`);
  const refused = /notes\.yaml:\d+:5: error: rules\[0\] never applies: .* \[contradictory\]/;
  const first = await started();
  try {
    await writeFile(policy, broken);
    await until('the change is refused', async () => first.lines.some((line) => refused.test(line)));
    expect(first.lines.filter((line) => line.includes('configuration applied'))).toHaveLength(1);
  } finally {
    await first.stop();
  }
  const second = await started();
  try {
    expect(second.lines.some((line) => refused.test(line))).toBe(true);
    expect(second.lines.filter((line) => line.includes('configuration applied'))).toEqual([]);
  } finally {
    await second.stop();
  }
});

/**
 * Whether the time of an answer tells which identifiers have an account. `npm run timing` asks for known and
 * unknown ones in turn, at the pages that strangers reach, and compares the two samples by rank (Mann-Whitney). What
 * looks different is measured again before it counts. `--samples 300`; exits with 1 when a page tells.
 */
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import { createApp, type ServerApp } from '../../src/app.ts';
import { emailCredential } from '../../src/authenticators/email/email.ts';
import { authenticatorKinds } from '../../src/authenticators/index.ts';
import { passwordTools } from '../../src/authenticators/password/password-tools.ts';
import { loadConfiguration } from '../../src/policy/load.ts';
import { openEmbedded } from '../../src/stores/embedded/embedded.ts';
import { keyringKey } from '../../src/stores/keys.ts';
import { authorization } from '../support/clients/raw-client.ts';
import { mainForm, type Page, UserAgent } from '../support/pages/user-agent.ts';
import { median } from './measure.ts';

/** Gap of the medians (milliseconds) and probability from which a page tells. */
const limits = { gap: 10, chance: 0.01, rounds: 3 } as const;

type Walk = (issuer: string, identifier: string) => Promise<() => Promise<unknown>>;

/** Each comes as far as the page, and returns what is timed. */
const walks: Readonly<Record<string, Walk>> = {
  'a wrong password': async (issuer, identifier) => {
    const { agent, page } = await begin(issuer, 'notes');
    return () => agent.submit(page, mainForm(page), { identifier, 'credentials.passcode': 'a wrong password' });
  },
  'a recovery': async (issuer, identifier) => {
    const { agent, page } = await begin(issuer, 'notes');
    const recovering = await agent.submit(page, formOf(page, 'recover'));
    return () => agent.submit(recovering, mainForm(recovering), { identifier });
  },
  'a registration': async (issuer, identifier) => {
    const { agent, page } = await begin(issuer, 'shop');
    const form = await agent.submit(page, formOf(page, 'register'));
    return () => agent.submit(form, mainForm(form), { 'userProfile.email': identifier });
  },
};

async function begin(issuer: string, app: string): Promise<{ readonly agent: UserAgent; readonly page: Page }> {
  const agent = new UserAgent();
  return { agent, page: await agent.open(authorization(issuer, app).url) };
}

function formOf({ forms }: Page, step: string): Page['forms'][number] {
  const form = forms.find((candidate) => candidate.step === step);
  if (form === undefined) throw new Error(`the page has no form ${step}`);
  return form;
}

async function timed(walk: Walk, issuer: string, identifier: string): Promise<number> {
  const act = await walk(issuer, identifier);
  const start = performance.now();
  await act();
  return performance.now() - start;
}

/** Two-sided probability of ranks so far apart, if both samples are of one kind (normal approximation, no ties). */
function chanceOf(one: readonly number[], other: readonly number[]): number {
  const all = [...one.map((time) => [time, 1] as const), ...other.map((time) => [time, 0] as const)];
  all.sort(([a], [b]) => a - b);
  const ranks = all.reduce((sum, [, isOne], index) => sum + isOne * (index + 1), 0);
  const [n, m] = [one.length, other.length];
  const u = ranks - (n * (n + 1)) / 2;
  const z = Math.abs(u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
  // Abramowitz and Stegun, 26.2.17.
  const t = 1 / (1 + 0.231_641_9 * z);
  const tail = ((((1.330_274_429 * t - 1.821_255_978) * t + 1.781_477_937) * t - 0.356_563_782) * t + 0.319_381_53) * t;
  return Math.min(1, (2 * tail * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI));
}

async function compare(walk: Walk, { issuer, app }: Served, samples: number) {
  const known: number[] = [];
  const unknown: number[] = [];
  const credential = await passwordTools().create('correct horse battery staple');
  for (let count = 0; count < samples; count += 1) {
    const [has, hasNot] = [1, 2].map(() => `${crypto.randomUUID()}@timing.test`) as [string, string];
    await app.directory.create({ identifiers: [has], credentials: [credential, emailCredential(has)] });
    // Which of the two comes first must not matter.
    for (const isKnown of count % 2 === 0 ? [true, false] : [false, true])
      (isKnown ? known : unknown).push(await timed(walk, issuer, isKnown ? has : hasNot));
  }
  return { gap: Math.abs(median(known) - median(unknown)), chance: chanceOf(known, unknown) };
}

interface Served {
  readonly issuer: string;
  readonly app: ServerApp;
  stop(): Promise<void>;
}

/** The demo in this process, with passwords that cost what they cost, and no limit by network. */
async function serve(): Promise<Served> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-timing-'));
  await cp('config', dir, { recursive: true });
  const file = join(dir, 'stepgate.yaml');
  const settings = parseDocument(await readFile(file, 'utf8'));
  settings.setIn(['authenticators', 'email', 'limits'], { network: 1_000_000 });
  settings.setIn(['proofOfWork', 'free'], 1_000_000);
  await writeFile(file, settings.toString());
  const store = openEmbedded({ file: ':memory:' });
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const log = {
    audit: () => {},
    warn: () => {},
    error: (error: unknown) => process.stderr.write(`${String(error)}\n`),
  };
  const app = createApp({ store, issuer, demo: true, variables: {}, log });
  const keyring = await readFile(new URL('../support/servers/keyring.json', import.meta.url), 'utf8');
  await store.commit([{ op: 'create', key: keyringKey, value: keyring }]);
  const loaded = await loadConfiguration(dir, { authenticators: authenticatorKinds, variables: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.findings));
  await app.revisions.apply(loaded.documents, { by: 'timing' });
  await app.activeRevision.start();
  const handle = app.koa.callback();
  server.on('request', (request, response) => void handle(request, response));
  const stop = async (): Promise<void> => {
    app.activeRevision.stop();
    server.closeAllConnections();
    server.close();
    await store.close();
    await rm(dir, { recursive: true, force: true });
  };
  return { issuer, app, stop };
}

const { values } = parseArgs({ options: { samples: { type: 'string', default: '300' } } });
const served = await serve();
try {
  for (const [name, walk] of Object.entries(walks)) {
    let tells = true;
    for (let round = 1; tells && round <= limits.rounds; round += 1) {
      const { gap, chance } = await compare(walk, served, Number(values.samples));
      tells = gap >= limits.gap || chance < limits.chance;
      process.stdout.write(`${name}: medians ${gap.toFixed(2)} ms apart, chance ${chance.toFixed(3)}\n`);
    }
    if (tells) {
      process.stdout.write(`${name} tells which identifiers have an account\n`);
      process.exitCode = 1;
    }
  }
} finally {
  await served.stop();
}

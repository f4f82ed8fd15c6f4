/** The same with whole nodes: two server processes, and users and apps that talk to both while the master stalls. */
import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authorization, redeemCode, refresh, type TokenAnswer } from '../../support/clients/raw-client.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { freePorts } from '../../support/servers/free-port.ts';
import { type Environment, startStepgate, stepgate } from '../../support/servers/stepgate-process.ts';
import { removeDirectory } from '../../support/values/remove-directory.ts';
import { stopUntilPromotion } from './experiments.ts';
import { type Kind, type Lab, startClusterLab, startSentinelLab, within } from './topology.ts';
import { Workload, type WorkloadResult } from './workload.ts';

const password = 'a password of the faults';
/** Of each: codes, refresh tokens, and users to suspend. */
const count = 6;
const app = 'notes';
/** The longest wait for the nodes to be ready (milliseconds). */
const limit = 60_000;

interface Nodes {
  readonly env: Environment;
  readonly origins: readonly string[];
  stop(): Promise<void>;
}

export async function endToEnd(kind: Kind): Promise<WorkloadResult> {
  const lab = await (kind === 'Sentinel' ? startSentinelLab(2) : startClusterLab(2));
  const nodes = await startNodes(lab).catch(async (error: unknown) => {
    await lab.stop();
    throw error;
  });
  try {
    return await observe(lab, nodes);
  } finally {
    await nodes.stop();
    await lab.stop();
  }
}

async function startNodes({ url }: Lab): Promise<Nodes> {
  const dir = await mkdtemp(join(tmpdir(), 'stepgate-faults-'));
  const ports = await freePorts(4);
  const origins = [ports[0], ports[2]].map((port) => `http://localhost:${port}`);
  const env = { REDIS_URL: url, ISSUER: origins[0] ?? '', CONFIG_DIR: 'config', DATA_DIR: dir, HOST: '127.0.0.1' };
  await command(env, ['config', 'apply', '--init']);
  for (let i = 0; i < count; i += 1)
    await command(env, ['users', 'add', `user-${i}`, '--password-stdin'], `${password}\n`);
  const servers = origins.map((origin) => startStepgate({ ...env, PORT: new URL(origin).port }, ['serve']));
  await Promise.all(servers.map((server) => server.line(/"listening"/)));
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop('SIGKILL')));
    await removeDirectory(dir);
  };
  return { env, origins, stop };
}

async function command(env: Environment, words: readonly string[], input = ''): Promise<string> {
  const { code, out, err } = await stepgate({ ...env, PORT: '0' }, words, input);
  if (code !== 0) throw new Error(`stepgate ${words.join(' ')}: ${err}`);
  return out;
}

/** Identifier and password are on one page, or on two. */
async function signIn(origin: string, number: number) {
  const agent = new UserAgent();
  const request = authorization(origin, app);
  let page = await agent.open(request.url, {}, redirectUri);
  const answers = { identifier: `user-${number}`, 'credentials.passcode': password };
  for (let pages = 0; pages < 2 && !page.url.startsWith(redirectUri); pages += 1) {
    const form = mainForm(page);
    const asked = Object.entries(answers).filter(([name]) => form?.fields[name] !== undefined);
    page = await agent.submit(page, form, Object.fromEntries(asked));
  }
  if (!new URL(page.url).searchParams.has('code')) throw new Error(`no code, but ${page.url}`);
  return { request, url: page.url };
}

/** What one value has granted, by hashes of the refresh tokens: within its grace a token grants the same again. */
interface Granted {
  readonly name: string;
  readonly present: (origin: string) => Promise<TokenAnswer>;
  readonly families: Set<string>;
  inDoubt: number;
}

async function present(granted: Granted, origin: string): Promise<void> {
  const answer = await granted.present(origin).catch(() => ({ status: 503 }) as TokenAnswer);
  const token = answer.tokens?.refresh_token;
  if (token !== undefined) granted.families.add(createHash('sha256').update(token).digest('hex'));
  if (answer.status >= 500) granted.inDoubt += 1;
}

async function observe(lab: Lab, { env, origins }: Nodes): Promise<WorkloadResult> {
  const [first = ''] = origins;
  const values: Granted[] = [];
  const add = (name: string, presenting: Granted['present']) =>
    values.push({ name, present: presenting, families: new Set(), inDoubt: 0 });
  for (let i = 0; i < count; i += 1) {
    const { request, url } = await signIn(first, i);
    const { tokens } = await redeemCode(first, request, url);
    add(`refresh token ${i}`, (origin) => refresh(origin, app, tokens?.refresh_token ?? ''));
  }
  for (let i = 0; i < count; i += 1) {
    const { request, url } = await signIn(first, i);
    add(`code ${i}`, (origin) => redeemCode(origin, request, url));
  }
  const everywhere = (granted: Granted) => Promise.all(origins.map((origin) => present(granted, origin)));
  const began = performance.now();
  const workload = new Workload(lab);
  const broken = stopUntilPromotion.happen(lab, workload);
  // During the stall, and right after the old master has woken up.
  const early = Promise.all(values.filter((_, i) => i % 2 === 0).map(everywhere));
  await broken;
  await Promise.all([early, ...values.map(everywhere)]);
  const suspended: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const { code } = await stepgate({ ...env, PORT: '0' }, ['users', 'suspend', `user-${i}`]);
    if (code === 0) suspended.push(`user-${i}`);
  }
  for (const origin of origins) await within(limit, async () => (await fetch(`${origin}/readyz`)).status === 200);
  const gap = (performance.now() - began) / 1000;
  await Promise.all(values.map(everywhere));
  const lost: string[] = [];
  for (const user of suspended)
    if (!/status +suspended/.test(await command(env, ['users', 'show', user]))) lost.push(`suspension of ${user}`);
  return {
    acknowledged: values.filter(({ families }) => families.size > 0).length + suspended.length,
    refused: values.reduce((sum, { inDoubt }) => sum + inDoubt, 0),
    lost,
    twice: values.filter(({ families }) => families.size > 1).map(({ name }) => name),
    gap,
  };
}

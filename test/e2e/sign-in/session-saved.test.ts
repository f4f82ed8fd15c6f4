/**
 * What a sign-in adds to the SSO session is written beside the entry of its cookie, and lives as long: oidc-provider
 * saves the session at the end of each request that adds to it.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SsoSession } from '../../../src/flow/browser/sso-session.ts';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import type { Op, Store } from '../../../src/stores/store.ts';
import { authorize, authorizeSilently } from '../../support/clients/authorize.ts';
import { confirmDevice, waitingDevice } from '../../support/clients/device-grant.ts';
import {
  authorizationRequest,
  discover,
  type RelyingParty,
  signIn,
  type TestUser,
} from '../../support/clients/relying-party.ts';
import { mainForm, UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, startNode, type TestNode } from '../../support/servers/node.ts';
import { expectSince } from '../../support/values/epoch-seconds.ts';

type Write = Extract<Op, { readonly op: 'create' | 'put' | 'replace' | 'update' }>;

interface Commit {
  /** Epoch seconds. */
  readonly at: number;
  readonly ops: readonly Op[];
}
const commits: Commit[] = [];
/** When the newest entry of a cookie for each session ends (epoch seconds), by the uid. */
const cookieEnds = new Map<string, number>();
let node: TestNode;
let notes: RelyingParty;
let payroll: RelyingParty;
let user: TestUser;

beforeAll(async () => {
  const embedded = openEmbedded({ file: ':memory:' });
  const store: Store = {
    ...embedded,
    commit(ops) {
      commits.push({ at: Math.floor(Date.now() / 1000), ops });
      return embedded.commit(ops);
    },
  };
  node = await startNode({ store });
  [notes, payroll] = [await discover(node.issuer, 'notes'), await discover(node.issuer, 'payroll')];
  user = await newTestUser(node);
  // The second factor is there already: to enroll it would end all other sessions.
  await authorize(payroll, new UserAgent(), user);
});
afterAll(() => node.stop());

/** Each write of a session with evidence: when it ends, and when the entry of its cookie does (epoch seconds). */
function sessionEnds({ at, ops }: Commit): readonly { readonly session: number; readonly cookie: number }[] {
  const writes = ops.filter((op): op is Write => 'value' in op && op.op !== 'append');
  for (const { key, value, ttl = 0 } of writes) if (key.startsWith('session-cookie:')) cookieEnds.set(value, at + ttl);
  return writes
    .filter(({ key }) => key.startsWith('sso-session:'))
    .map(({ value, ttl = 0 }) => ({ saved: JSON.parse(value) as SsoSession, session: at + ttl }))
    .filter(({ saved }) => saved.evidence.length > 0)
    .map(({ saved, session }) => ({ session, cookie: cookieEnds.get(saved.uid) ?? 0 }));
}

async function signedIn(): Promise<UserAgent> {
  const agent = new UserAgent();
  await authorize(notes, agent, user);
  return agent;
}

/** The user proves what notes asked for. Before they come back to it, it asks for two factors. */
async function comeBackToMore(agent: UserAgent): Promise<void> {
  const { url } = await authorizationRequest(notes);
  const page = await agent.open(url);
  const form = mainForm(page);
  const answer = { ...form?.fields, identifier: user.identifier, 'credentials.passcode': user.password };
  const posted = { method: 'POST', body: new URLSearchParams(answer), headers: { origin: node.issuer } };
  const left = await agent.open(`${node.issuer}${form?.action}`, posted, `${node.issuer}/oauth2/v1/authorize/`);
  const strict = { rules: [{ name: 'Everybody', then: { allow: { factors: 2 } } }], name: 'notes' };
  await node.configure({ 'policies/sign-on/notes.yaml': JSON.stringify(strict) });
  const next = await agent.open(left.url);
  expect(['challenge', 'enroll', 'select']).toContain(mainForm(next)?.step);
}

describe('the session is saved with its proofs', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['at the first sign-in', signedIn],
    ['at single sign-on', async () => authorizeSilently(notes, await signedIn())],
    ['where prompt=none is refused', async () => authorizeSilently(payroll, await signedIn())],
    [
      'where the user proves it once more',
      async () => authorize({ config: notes, parameters: { prompt: 'login' } }, await signedIn(), user),
    ],
    ['in a step-up', async () => authorize(payroll, await signedIn(), user)],
    [
      'for a device',
      async () => {
        const agent = new UserAgent();
        await signIn(agent, await confirmDevice(node, await waitingDevice(node, 'notes'), agent), user);
      },
    ],
    [
      'for a device, by a session',
      async () => confirmDevice(node, await waitingDevice(node, 'notes'), await signedIn()),
    ],
    ['where more is asked for after all', () => comeBackToMore(new UserAgent())],
  ])('%s', async (_where, run) => {
    commits.length = 0;
    await run();
    const found = commits.flatMap(sessionEnds);
    expect(found.length).toBeGreaterThan(0);
    // The clock may go on by a second between the two.
    for (const { session, cookie } of found) expectSince(session - 1, cookie, session + 1);
  });
});

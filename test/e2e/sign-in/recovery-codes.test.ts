/** New recovery codes as a file, and how many are left. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recoveryCodeAuthenticator } from '../../../src/authenticators/recovery-code/recovery-code.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  formOf,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  const settings = {
    brand: { name: 'Acme ID' },
    zones: { office: { cidrs: ['192.0.2.0/24'] } },
    authenticators: { recovery_code: { enabled: true, count: 12 } },
  };
  node = await startNode({
    files: {
      'stepgate.yaml': JSON.stringify(settings),
      ...signOnPolicy('notes', {
        then: { allow: { factors: 2, possession: { authenticators: ['recovery_code'] } } },
      }),
    },
    users: false,
  });
});
afterAll(() => node.stop());

async function offered() {
  const user = await userWithPassword(node);
  const { agent, page: first, uid } = await beginSignIn(node, 'notes');
  let page = await identify(agent, first, user);
  if (currentStep(page) === 'challenge:password')
    page = await answerStep(agent, page, { 'credentials.passcode': user.password });
  expect(currentStep(page)).toBe('enroll:recovery_code');
  return { user, agent, page, address: `${node.issuer}/signin/${uid}/codes` };
}

const codesIn = (text: string) => text.match(/\b[0-9A-Z]{4}(-[0-9A-Z]{4}){3}\b/g) ?? [];
const handleOf = (page: Page) => formOf(page, 'download')?.fields.stateHandle ?? '';

function ask(agent: UserAgent, address: string, stateHandle: string, headers: Readonly<Record<string, string>> = {}) {
  const body = new URLSearchParams({ stateHandle });
  return agent.send(address, { method: 'POST', body, headers: { origin: node.issuer, ...headers } });
}

test('the file contains what the page shows, as often as it is asked for, and is stored nowhere else', async () => {
  const { user, agent, page, address } = await offered();
  expect(codesIn(page.html)).toHaveLength(12);
  for (let times = 0; times < 2; times += 1) {
    const response = await ask(agent, address, handleOf(page));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="recovery-codes.txt"');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text).toMatch(new RegExp(`^Acme ID\r\n.*${user.identifier}.*\r\n\r\n`));
    expect(codesIn(text)).toEqual(codesIn(page.html));
  }
  expect(currentStep(await answerStep(agent, page, { 'credentials.saved': 'yes' }))).toBe('code');
});

test('an older or foreign form, another browser and another site get no codes', async () => {
  const { agent, page, address } = await offered();
  const other = await offered();
  for (const handle of ['', 'x', handleOf(other.page), `9.${handleOf(page).split('.').slice(1).join('.')}`]) {
    const response = await ask(agent, address, handle);
    expect([response.status, new URL(response.headers.get('location') ?? '', node.issuer).pathname]).toEqual([
      303,
      new URL(address).pathname.replace('/codes', ''),
    ]);
  }
  for (const [browser, headers, status] of [
    [new UserAgent(), {}, 410],
    [other.agent, {}, 410],
    [agent, { origin: 'https://evil.test' }, 403],
  ] as const) {
    const response = await ask(browser, address, handleOf(page), headers);
    expect([response.status, codesIn(await response.text())]).toEqual([status, []]);
  }
  expect((await agent.send(address)).status).toBe(405);
});

test('once they are saved, the form leads nowhere', async () => {
  const { agent, page, address } = await offered();
  await answerStep(agent, page, { 'credentials.saved': 'yes' });
  const response = await ask(agent, address, handleOf(page));
  expect(response.status).toBeGreaterThanOrEqual(300);
  expect(codesIn(await response.text())).toEqual([]);
});

test('the account page says how many are left, and when to make new ones', async () => {
  const user = await userWithPassword(node);
  const authenticator = recoveryCodeAuthenticator(node.app.hashing);
  const about = { id: 'u', status: 'active', identifiers: [], groups: [], profile: {}, enrollments: [] } as const;
  const codes = Array.from({ length: 10 }, (_, at) => `ABCDEFGHJKMNPQR${at}`);
  const enrolled = await authenticator.enroll(about, { pending: { codes }, input: { saved: 'yes' } }, {} as never);
  if (!enrolled.ok || 'nextStage' in enrolled) throw new Error('not enrolled');
  const { secret } = enrolled.credential;
  for (const [left, sentence] of [
    [10, '10 codes left'],
    [3, '3 codes left'],
    [2, 'Codes left: 2. Create new ones now.'],
  ] as const) {
    const digests = (secret.digests as readonly string[]).slice(0, left);
    await node.app.directory.replaceCredential(user.id, { ...enrolled.credential, secret: { ...secret, digests } });
    const agent = new UserAgent();
    const first = await agent.open(`${node.issuer}/account/methods`);
    let page = await identify(agent, first, user);
    if (currentStep(page) === 'challenge:password')
      page = await answerStep(agent, page, { 'credentials.passcode': user.password });
    expect(page.html).toContain(`data-remaining="${left}"`);
    expect(page.html).toContain(sentence);
  }
});

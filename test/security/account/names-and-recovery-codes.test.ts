/**
 * What must not reveal that a user exists: the names that users gave to their authenticators, and recovery codes (ASVS
 * 6.3.8).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credentialsKey } from '../../../src/stores/keys.ts';
import { issueCredential } from '../../../src/users/record/credentials.ts';
import { parseCredentials, serializeCredentials } from '../../../src/users/record/user.ts';
import {
  answerStep,
  beginSignIn,
  passcode,
  userWithPassword,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { recoveryCodes } from '../../support/users/enrolled-users.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ authenticators: ['password', 'totp', 'recovery_code'] });
});
afterAll(() => node.stop());

const name = 'Old tablet in the kitchen';

type Stored = ReturnType<typeof parseCredentials>;

async function changeCredentials(id: string, change: (all: Stored) => Stored): Promise<void> {
  const key = credentialsKey(id);
  const { value = '[]', version = 0 } = (await node.store.load([key])).entries.get(key) ?? {};
  await node.store.commit([
    { op: 'replace', key, version, value: serializeCredentials(change(parseCredentials(value))) },
  ]);
}

async function userWithNamedTotp() {
  const user = await userWithTotp(node);
  await changeCredentials(user.id, (all) =>
    all.map((credential) => (credential.authenticator === 'totp' ? { ...credential, label: name } : credential)),
  );
  return user;
}

function select(agent: UserAgent, page: Page, id?: string): Promise<Page> {
  const stateHandle = mainForm(page)?.fields.stateHandle ?? '';
  const body = new URLSearchParams({ stateHandle, ...(id === undefined ? {} : { 'authenticator.id': id }) });
  return agent.open(`${page.url}/select`, { method: 'POST', body });
}

/** The list of options, as a stranger gets it who knows only a name. */
async function waysOf(identifier: string, agent = new UserAgent()): Promise<Page> {
  const { page } = await beginSignIn(node, 'notes', agent);
  return select(agent, await answerStep(agent, page, { identifier, 'credentials.passcode': '' }));
}

function offersRecoveryCodes({ html }: Page): boolean {
  return html.includes('value="recovery_code"');
}

describe('the name of an authenticator', () => {
  test('is on no page before a proof: neither in the list, nor where it is asked for', async () => {
    const { identifier } = await userWithNamedTotp();
    const agent = new UserAgent();
    const list = await waysOf(identifier, agent);
    expect(list.html).toContain('value="totp"');
    expect(list.html).not.toContain(name);
    const asked = await select(agent, list, 'totp');
    expect(mainForm(asked)?.authenticator).toBe('totp');
    expect(asked.html).not.toContain(name);
  });

  test('is there once something is proved', async () => {
    const user = await userWithNamedTotp();
    const agent = new UserAgent();
    const { page } = await beginSignIn(node, 'payroll', agent);
    const { identifier, password } = user;
    const asked = await answerStep(agent, page, { identifier, 'credentials.passcode': password });
    expect(mainForm(asked)?.authenticator).toBe('totp');
    expect(asked.html).toContain(name);
    expect((await answerStep(agent, asked, await passcode(user))).url).not.toContain('/signin/');
  });
});

test('users with recovery codes look like unknown ones: some of these seem to have them, and the same each time', async () => {
  const { id, identifier } = await userWithPassword(node);
  const { credential } = await recoveryCodes(node);
  await changeCredentials(id, (all) => [...all, issueCredential(credential, Math.floor(Date.now() / 1000))]);
  expect(offersRecoveryCodes(await waysOf(identifier))).toBe(true);
  const unknown = Array.from({ length: 64 }, (_, number) => `nobody-${number}@demo.test`);
  const offered: boolean[] = [];
  for (const one of unknown) offered.push(offersRecoveryCodes(await waysOf(one)));
  expect(new Set(offered)).toEqual(new Set([true, false]));
  const seeming = unknown[offered.indexOf(true)] ?? '';
  expect(offersRecoveryCodes(await waysOf(seeming.toUpperCase()))).toBe(true);
});

/** Law 7 where an app disables what the account has, and where the account's strongest authenticator is lost. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile } from '../../support/clients/authorize.ts';
import { currentStep, formOf, signOnPolicy } from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  type CapabilityName,
  capabilities,
  type Holder,
  holder,
  settingsWithAllAuthenticators,
} from '../../support/users/enrolled-users.ts';
import { beginIdentified, chooseAuthenticator, name, prove } from '../../support/users/prove-capabilities.ts';

const owned = ['totp', 'passkey', 'security key', 'email', 'phone', 'recovery code', 'access code'] as const;
const clientOf = (capability: CapabilityName) => `without-${capability.replace(' ', '-')}`;

let node: TestNode;
beforeAll(async () => {
  const rules = [
    ...owned.map((capability) => ({
      name: `Without ${capability}`,
      when: { apps: { any: [clientOf(capability)] } },
      then: {
        required: [capability === 'phone' ? 'totp' : 'phone'],
        disabled: [capabilities[capability].authenticator],
      },
    })),
    { name: 'Rest', then: {} },
  ];
  const apps = owned.map((capability) => appFile(clientOf(capability), { signOnPolicy: 'one' }));
  node = await startNode({
    demo: true,
    users: false,
    files: Object.assign(
      { 'policies/enrollment.yaml': JSON.stringify({ rules }) },
      settingsWithAllAuthenticators,
      signOnPolicy('one', { then: { allow: { factors: 1 } } }),
      ...apps,
    ),
  });
});
afterAll(() => node.stop());

const credentialsOf = async ({ id }: Holder) =>
  ((await node.app.directory.get(id))?.credentials ?? []).map(({ authenticator }) => authenticator);

describe.each(owned)('an app that disables %s, which the user has', (capability) => {
  const asked = `challenge:${capabilities[capability].authenticator}`;
  const offered = `enroll:${capability === 'phone' ? 'totp' : 'phone'}`;

  test('offers nothing to enroll for the password alone, and says why it asks', async () => {
    const who = await holder(node, 'password', capability);
    const begun = await beginIdentified(node, clientOf(capability), who);
    const { page } = await prove(who, begun, ['password']);
    expect([currentStep(page), page.messages]).toEqual([asked, ['enroll.prove_first']]);
    expect(await credentialsOf(who)).toHaveLength(2);
    const after = await prove(who, { ...begun, page }, [capability]);
    expect(currentStep(after.page)).toBe(offered);
  });

  test('is not entered by it', async () => {
    const who = await holder(node, 'password', capability);
    const begun = await beginIdentified(node, clientOf(capability), who);
    const { page } = await prove(who, begun, [capability]);
    expect(currentStep(page)).not.toMatch(/^(code|enroll|select)/);
  });
});

/** Goes as far as these proofs lead to a page of the user's account. */
async function atAccount(who: Holder, path: string, order: readonly CapabilityName[], agent = new UserAgent()) {
  const page = await name(agent, await agent.open(`${node.issuer}/account/${path}`), who);
  return { agent, ...(await prove(who, { agent, page }, order)) };
}

describe.each(['recovery code', 'access code'] as const)('a lost key, a password and a(n) %s', (code) => {
  test('the key is asked for first, the code under something else, and then it is removed', async () => {
    const who = await holder(node, 'password', 'passkey', code);
    const lost = (await node.app.directory.get(who.id))?.credentials[1]?.id;
    const { agent, page } = await atAccount(who, `authenticators/${lost}`, ['password']);
    expect([currentStep(page), formOf(page, 'select') === undefined]).toEqual(['challenge:webauthn', false]);
    const { page: at } = await prove(who, { agent, page }, [code]);
    const remove = formOf(at, 'remove');
    expect(remove).toBeDefined();
    await agent.submit(at, remove);
    expect(await credentialsOf(who)).not.toContain('webauthn');
    // The proof counts for a while: a new key can be set up with it, and other sessions be ended.
    expect(currentStep(await agent.open(`${node.issuer}/account/add/webauthn`))).toBe('enroll:webauthn');
  });

  test.each(['add/webauthn', 'add/recovery_code'])('%s', async (path) => {
    const who = await holder(node, 'password', 'passkey', code);
    const { page } = await atAccount(who, path, ['password', code]);
    expect(currentStep(page)).toBe(path.replace('add/', 'enroll:'));
  });

  test('other sessions can be ended', async () => {
    const who = await holder(node, 'password', 'security key', code);
    const { page } = await atAccount(who, 'sessions/others', ['password', code]);
    expect([page.status, page.url.endsWith('/account/sessions/others')]).toEqual([200, true]);
  });

  test('the code without the password does not open the page', async () => {
    const who = await holder(node, 'password', 'security key', code);
    const { agent, page } = await atAccount(who, 'add/totp', []);
    const asked = await chooseAuthenticator(agent, page, code);
    const { page: at } = await prove(who, { agent, page: asked }, [code, 'security key']);
    expect(currentStep(at)).toBe('challenge:password');
  });
});

test('without a password the key is all: that is for an administrator', async () => {
  const who = await holder(node, 'passkey', 'recovery code', 'access code');
  const { page } = await atAccount(who, 'add/totp', ['recovery code', 'access code']);
  expect(currentStep(page)).toBe('challenge:webauthn');
});

/** What pages tell the browser about the passkeys that it keeps (Web Authentication Level 3 section 5.1.10). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { credentialReservationKey, credentialsKey, userKey } from '../../../src/stores/keys.ts';
import type { Op } from '../../../src/stores/store.ts';
import { serializeCredentials } from '../../../src/users/record/user.ts';
import { beginSignIn, currentStep, identify, userWithTotp } from '../../support/clients/sign-in-flow.ts';
import type { Page, UserAgent } from '../../support/pages/user-agent.ts';
import { assertion, credentialOf, newKey, optionsOf, type SoftKey, whereOf } from '../../support/pages/webauthn.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import { visit } from '../../support/users/account-visits.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode({ authenticators: ['password', 'totp', 'webauthn'] });
});
afterAll(() => node.stop());

const handleOf = (id: string) => Buffer.from(id).toString('base64url');

/** What the page tells the browser. */
function signalsOn({ html }: Page): readonly unknown[] {
  return [...html.matchAll(/data-credential-signal="([^"]*)"/g)].map(([, text = '']) =>
    JSON.parse(text.replaceAll('&#34;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')),
  );
}

/** Gives the user these passkeys, and no others. */
async function setKeys(id: string, keys: readonly SoftKey[]): Promise<void> {
  const key = credentialsKey(id);
  const others =
    (await node.app.directory.get(id))?.credentials.filter((credential) => credential.authenticator !== 'webauthn') ??
    [];
  const passkeys = keys.map((softKey, at) => credentialOf(softKey, { id: `key${at}` }));
  await node.store.commit([
    { op: 'put', key, value: serializeCredentials([...others, ...passkeys]) },
    ...keys.map(
      (softKey): Op => ({
        op: 'put',
        key: credentialReservationKey('webauthn', softKey.id),
        value: JSON.stringify({ user: id, at: 1 }),
        refs: [userKey(id)],
      }),
    ),
  ]);
}

/** A user with an app of codes and so many passkeys. */
async function userWithKeys(count: number) {
  const user = await userWithTotp(node);
  const keys = Array.from({ length: count }, () => newKey(handleOf(user.id)));
  await setKeys(user.id, keys);
  return { user, keys };
}

async function present(agent: UserAgent, page: Page, key: SoftKey, making = {}): Promise<Page> {
  const input = assertion(key, whereOf({ public: optionsOf(page) }, node.issuer), making);
  const form = page.forms.find(({ authenticator }) => authenticator === 'webauthn');
  if (!form) throw new Error('the page asks for no passkey');
  const fields = Object.entries(input).map(([name, value]) => [`credentials.${name}`, value]);
  return agent.submit(page, form, Object.fromEntries(fields));
}

describe('a user who is signed in', () => {
  test('has all passkeys that count on every account page, with the names of today', async () => {
    const { user, keys } = await userWithKeys(2);
    await node.app.directory.update(user.id, ({ profile }) => ({ profile: { ...profile, displayName: 'A "B" <c>' } }));
    const { page } = await visit(node, user);
    const told = {
      rpId: 'localhost',
      userId: handleOf(user.id),
      allAcceptedCredentialIds: keys.map(({ id }) => id),
      name: user.identifier,
      displayName: 'A "B" <c>',
    };
    expect(signalsOn(page)).toEqual([told]);
    expect(page.html).toMatch(
      /<script src="\/assets\/credential-signals(?:\+[a-z-]+)*\.[0-9a-f]{12}\.js" defer><\/script>/,
    );
  });

  test('has an empty list after the last passkey was removed', async () => {
    const { user } = await userWithKeys(1);
    await setKeys(user.id, []);
    const { page } = await visit(node, user);
    expect(signalsOn(page)).toEqual([expect.objectContaining({ allAcceptedCredentialIds: [] })]);
  });
});

test('a sign-in reveals nothing before the user has proved something, and the whole list afterwards', async () => {
  const { user, keys } = await userWithKeys(1);
  const { agent, page } = await beginSignIn(node, 'payroll');
  const stranger = { identifier: user.identifier, password: 'another password' };
  const refused = await identify(agent, page, stranger);
  expect([refused.status, signalsOn(page), signalsOn(refused)]).toEqual([422, [], []]);
  const next = await identify(agent, refused, user);
  expect([currentStep(next), signalsOn(next)]).toEqual([
    'challenge:webauthn',
    [expect.objectContaining({ allAcceptedCredentialIds: keys.map(({ id }) => id) })],
  ]);
});

describe('a passkey that the browser offers by itself', () => {
  /** What the answer to it tells. */
  async function toldAbout(key: SoftKey, making = {}): Promise<readonly unknown[]> {
    const { agent, page } = await beginSignIn(node, 'notes');
    const refused = await present(agent, page, key, making);
    expect([refused.status, refused.messages]).toEqual([422, ['credentials.invalid']]);
    return signalsOn(refused);
  }

  test('and that no account has is called unknown, whichever user it names', async () => {
    const { user } = await userWithKeys(1);
    for (const handle of [handleOf(user.id), handleOf('AAAAAAAAAAAAAAAAAAAAAA')]) {
      const key = newKey(handle);
      expect(await toldAbout(key)).toEqual([{ rpId: 'localhost', credentialId: key.id }]);
    }
  });

  test('and that another account has is not', async () => {
    const { keys } = await userWithKeys(1);
    const { user: other } = await userWithKeys(1);
    const known = keys[0] as SoftKey;
    const forged = newKey(handleOf(other.id), Buffer.from(known.id, 'base64url'));
    expect(await toldAbout(forged)).toEqual([]);
    expect(await toldAbout(newKey(handleOf('nobody'), Buffer.from(known.id, 'base64url')))).toEqual([]);
  });

  test('and that fits no challenge of this page is not', async () => {
    const key = newKey(handleOf('nobody'));
    expect(await toldAbout(key, { challenge: 'AAAA' })).toEqual([]);
    expect(await toldAbout(key, { origin: 'https://evil.test' })).toEqual([]);
  });
});

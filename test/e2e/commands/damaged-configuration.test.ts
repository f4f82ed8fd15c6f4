/** A document of the configuration that is missing or damaged: 503 wherever a request needs it (Law 4). */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openEmbedded } from '../../../src/stores/embedded/embedded.ts';
import { revisionKey, storedDocumentKey } from '../../../src/stores/keys.ts';
import type { Op, Store } from '../../../src/stores/store.ts';
import { authorize } from '../../support/clients/authorize.ts';
import { authorizationRequest, discover, redirectUri } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, startNode, type TestNode } from '../../support/servers/node.ts';

let store: Store;
let node: TestNode;
/** On the same store: has read no document yet but the settings. */
let fresh: TestNode;

beforeEach(async () => {
  store = openEmbedded({ file: ':memory:' });
  node = await startNode({ store });
  fresh = await startNode({ store, issuer: node.issuer });
});
afterEach(async () => {
  await fresh.stop();
  await node.stop();
  await store.close();
});

async function keyOfDocument(document: string): Promise<string> {
  const { revision } = (await node.app.revisions.current()) ?? { revision: 0 };
  const manifest = (await store.load([revisionKey(revision)])).entries.get(revisionKey(revision))?.value ?? '{}';
  return storedDocumentKey((JSON.parse(manifest) as { documents: Record<string, string> }).documents[document] ?? '');
}

const damages: readonly [string, (key: string) => Op][] = [
  ['missing', (key) => ({ op: 'delete', key })],
  ['damaged', (key) => ({ op: 'put', key, value: '{}' })],
];

describe.each(damages)('a document that is %s', (_, damage) => {
  /** At the node that has not read it yet. */
  const atFreshNode = (url: string) => url.replace(node.issuer, fresh.origin);

  test.each(['app/notes', 'sign-on/notes', 'session'])('%s: no sign-in starts', async (document) => {
    const { url } = await authorizationRequest(await discover(node.issuer, 'notes'));
    await store.commit([damage(await keyOfDocument(document))]);
    const page = await new UserAgent().open(atFreshNode(url), {}, redirectUri);
    expect([page.status, page.url.startsWith(redirectUri)]).toEqual([503, false]);
    expect(page.messages).toEqual(['error.not_configured']);
  });

  test('sign-on/notes: no token is refreshed, and the token is not used up', async () => {
    const config = await discover(node.issuer, 'notes');
    const { tokens } = await authorize(config, new UserAgent(), await newTestUser(node));
    const key = await keyOfDocument('sign-on/notes');
    const value = (await store.load([key])).entries.get(key)?.value ?? '';
    const refresh = async () => {
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: 'notes',
        refresh_token: tokens.refresh_token ?? '',
      });
      return fetch(`${fresh.origin}/oauth2/v1/token`, { method: 'POST', body });
    };
    await store.commit([damage(key)]);
    const refused = await refresh();
    expect([refused.status, await refused.json()]).toEqual([503, expect.objectContaining({ error: 'not_configured' })]);
    await store.commit([{ op: 'put', key, value }]);
    expect((await refresh()).status).toBe(200);
  });
});

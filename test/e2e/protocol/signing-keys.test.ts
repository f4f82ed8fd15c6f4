/**
 * Signing keys over their life: one keyring for all nodes, published before they sign, and kept until nothing needs
 * them.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import {
  createKeyring,
  type Keyring,
  loadKeyring,
  publishedKeys,
  rotateKeys,
  type SigningKey,
} from '../../../src/oidc/keys/keyring.ts';
import type { Store } from '../../../src/stores/store.ts';
import { appFile, authorize, authorizeSilently, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { authorizationRequest, discover, redeem, signIn, type TestUser } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser, startNode } from '../../support/servers/node.ts';
import { type StoreUnderTest, storesUnderTest } from '../../support/stores/stores.ts';
import { until } from '../../support/values/until.ts';

const types = ['RS256', 'ES256', 'EdDSA'] as const;
const clients = { RS256: 'notes', ES256: 'es256', EdDSA: 'eddsa' } as const;
const files = {
  ...appFile('es256', { client: { id_token_signed_response_alg: 'ES256' } }),
  ...appFile('eddsa', { client: { id_token_signed_response_alg: 'EdDSA' } }),
};

function signerOf(keyring: Keyring, type: SigningKey['type'], now: number): SigningKey | undefined {
  const first = publishedKeys(keyring, now).find((key) => key.type === type);
  return first && first.activeFrom <= now ? first : undefined;
}

async function publishedBy(origin: string): Promise<JSONWebKeySet> {
  return (await (await fetch(`${origin}/oauth2/v1/keys`)).json()) as JSONWebKeySet;
}

const kidsOf = ({ keys }: JSONWebKeySet): readonly string[] => keys.map(({ kid }) => kid ?? '').sort();

describe.each(storesUnderTest)('on the $name store', (storeUnderTest) => {
  let opened: OpenNode;
  let offset = 0;
  const now = () => Math.floor(Date.now() / 1000) + offset;

  beforeEach(async () => {
    offset = 0;
    opened = await openNode(storeUnderTest, { files, now, algorithms: types });
  });
  afterEach(() => opened.stop());

  /** The key that signs now, by algorithm, as an app sees it. */
  async function signingKids(agent: UserAgent, user: TestUser): Promise<Readonly<Record<string, string>>> {
    const kids: Record<string, string> = {};
    for (const type of types) {
      const config = await discover(opened.node.issuer, clients[type], {
        metadata: {
          metadata: { id_token_signed_response_alg: type },
        },
      });
      const { tokens } = await authorize(config, agent, user);
      kids[type] = decodeProtectedHeader(tokens.id_token ?? '').kid ?? '';
    }
    return kids;
  }

  test('a new key is published by every node at once, signs when its time has come, and the old one verifies until it retires', async () => {
    const { node } = opened;
    const second = await opened.second();
    const user = await newTestUser(node);
    const agent = new UserAgent();
    const before = await signingKids(agent, user);
    const notes = await discover(node.issuer, 'notes');
    const hint = (await authorizeSilently(notes, agent)).tokens?.id_token ?? '';

    const added = await rotateKeys(node.store, now(), { overlap: 300, keep: 1800 });
    await until('both nodes publish the new keys', async () =>
      (await Promise.all([node, second].map(async ({ origin }) => kidsOf(await publishedBy(origin)).length))).every(
        (count) => count === 6,
      ),
    );
    expect(await signingKids(agent, user)).toEqual(before);

    offset = 301;
    const next = Object.fromEntries(added.map(({ type, jwk }) => [type, jwk.kid]));
    await until('the first published key of each kind is the new one on both nodes', async () => {
      const firsts = await Promise.all(
        [node, second].map(async ({ origin }) => (await publishedBy(origin)).keys.slice(0, 3).map(({ kid }) => kid)),
      );
      return firsts.every((kids) => Object.values(next).every((kid) => kids.includes(kid)));
    });
    expect(await signingKids(agent, user)).toEqual(next);
    const old = await jwtVerify(hint, createLocalJWKSet(await publishedBy(second.origin)), { issuer: node.issuer });
    expect(old.protectedHeader.kid).toBe(before.RS256);
    expect((await authorizeSilently(notes, agent, { id_token_hint: hint })).error).toBeUndefined();

    offset = 301 + 1801;
    await until('the old keys are gone from both nodes', async () =>
      (await Promise.all([node, second].map(({ origin }) => publishedBy(origin)))).every(
        ({ keys }) => keys.length === 3,
      ),
    );
    expect((await authorizeSilently(notes, agent, { id_token_hint: hint })).error).toBe('invalid_request');
    expect((await authorizeSilently(notes, agent)).error).toBeUndefined();
  });

  test('a sign-in that began before the keys changed ends well after it', async () => {
    const { node } = opened;
    const notes = await discover(node.issuer, 'notes');
    const agent = new UserAgent();
    const request = await authorizationRequest(notes);
    const page = await agent.open(request.url);
    const added = await rotateKeys(node.store, now(), { overlap: 10, keep: 600 });
    offset = 11;
    await node.app.activeRevision.refresh();
    const { page: end } = await signIn(agent, page, await newTestUser(node));
    const tokens = await redeem(notes, request, end.url);
    expect(decodeProtectedHeader(tokens.id_token ?? '').kid).toBe(added[0]?.jwk.kid);
  });

  test('a process that rotates and dies before the new key signs leaves nothing behind that needs repair', async () => {
    const { node } = opened;
    const added = await rotateKeys(node.store, now(), { overlap: 60, keep: 600 });
    offset = 61;
    const late = await opened.second();
    const { keys } = await publishedBy(late.origin);
    expect(keys.slice(0, 3).map(({ kid }) => kid)).toEqual(expect.arrayContaining(added.map(({ jwk }) => jwk.kid)));
    expect(keys).toHaveLength(6);
  });

  test('of two rotations at once one wins, and there is one new key of each kind', async () => {
    const { store } = opened.node;
    const times = { overlap: 300, keep: 600 };
    const results = await Promise.allSettled([rotateKeys(store, now(), times), rotateKeys(store, now(), times)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const { keys } = await loadKeyring(store);
    expect(keys.filter(({ activeFrom }) => activeFrom > now()).map(({ type }) => type)).toEqual([...types]);
  });

  test('processes that initialise a store at once make one keyring', async () => {
    const { store, again, stop } = await storeUnderTest.open();
    try {
      const stores: Store[] = [store, await again(), await again()];
      await Promise.all(stores.map((own) => createKeyring(own, now())));
      const rings = await Promise.all(stores.map(loadKeyring));
      expect(rings[1]).toEqual(rings[0]);
      expect(rings[2]).toEqual(rings[0]);
      const node = await startNode({ store, users: false });
      expect(kidsOf(await publishedBy(node.origin))).toEqual(rings[0]?.keys.map(({ jwk }) => jwk.kid).sort());
      await node.stop();
    } finally {
      await stop();
    }
  });
});

describe('the algorithms that are enabled', () => {
  const [embedded] = storesUnderTest as readonly [StoreUnderTest];
  let opened: OpenNode;
  let offset: number;
  const now = () => Math.floor(Date.now() / 1000) + offset;

  beforeEach(async () => {
    offset = 0;
    opened = await openNode(embedded, { now });
  });
  afterEach(() => opened.stop());

  const typesOf = ({ keys }: JSONWebKeySet) => keys.map(({ kty }) => kty).sort();

  /** Applies other algorithms, and an app that uses EdDSA where it may. */
  async function enable(...algorithms: readonly string[]): Promise<void> {
    await opened.node.configure({
      'stepgate.yaml': JSON.stringify({
        brand: { name: 'Stepgate' },
        zones: { office: { cidrs: ['192.0.2.0/24'] } },
        signing: { algorithms },
      }),
      'apps/eddsa.yaml': algorithms.includes('EdDSA') ? files['apps/eddsa.yaml'] : undefined,
    });
  }

  async function algorithmOf(app: string, expected: string): Promise<string> {
    const config = await discover(opened.node.issuer, app, { metadata: { id_token_signed_response_alg: expected } });
    const { tokens } = await authorize(config, new UserAgent(), await newTestUser(opened.node));
    const jwks = createLocalJWKSet(await publishedBy(opened.node.origin));
    return (await jwtVerify(tokens.id_token ?? '', jwks)).protectedHeader.alg;
  }

  async function announced(): Promise<readonly string[]> {
    const answer = await fetch(`${opened.node.origin}/.well-known/openid-configuration`);
    const metadata = (await answer.json()) as { readonly id_token_signing_alg_values_supported: readonly string[] };
    return metadata.id_token_signing_alg_values_supported.toSorted();
  }

  test('only these have keys: no OKP key that some software stumbles over', async () => {
    expect(typesOf(await publishedBy(opened.node.origin))).toEqual(['EC', 'RSA']);
    expect(await announced()).toEqual(['ES256', 'RS256']);
  });

  test('one that was enabled is published before it signs; meanwhile the usual one signs', async () => {
    await enable('RS256', 'ES256', 'EdDSA');
    expect(typesOf(await publishedBy(opened.node.origin))).toEqual(['EC', 'OKP', 'RSA']);
    expect(await announced()).toEqual(['ES256', 'RS256']);
    expect(await algorithmOf('eddsa', 'RS256')).toBe('RS256');
    offset = 301;
    await opened.node.app.activeRevision.refresh();
    expect(await announced()).toEqual(['ES256', 'EdDSA', 'RS256']);
    expect(await algorithmOf('eddsa', 'EdDSA')).toBe('EdDSA');
  });

  test('the key of a disabled algorithm stays until its tokens have ended, but no longer signs', async () => {
    await enable('RS256', 'ES256', 'EdDSA');
    offset = 301;
    await opened.node.app.activeRevision.refresh();
    await enable('RS256');
    expect(await announced()).toEqual(['RS256']);
    expect(typesOf(await publishedBy(opened.node.origin))).toEqual(['EC', 'OKP', 'RSA']);
    expect(await algorithmOf('notes', 'RS256')).toBe('RS256');
    offset += 86_461;
    await opened.node.app.activeRevision.refresh();
    expect(typesOf(await publishedBy(opened.node.origin))).toEqual(['RSA']);
  });
});

describe('at any time of rotation there is one signing key of each kind, and it stays published as long as promised', () => {
  const keep = 100;
  const [embedded] = storesUnderTest;

  test.each<[string, readonly { readonly at: number; readonly overlap: number }[]]>([
    ['one rotation', [{ at: 10, overlap: 30 }]],
    [
      'a second one while the first key waits',
      [
        { at: 10, overlap: 30 },
        { at: 20, overlap: 30 },
      ],
    ],
    [
      'an urgent one while the first key waits',
      [
        { at: 10, overlap: 60 },
        { at: 20, overlap: 0 },
      ],
    ],
    [
      'two in the same second',
      [
        { at: 10, overlap: 30 },
        { at: 10, overlap: 30 },
      ],
    ],
    [
      'two urgent ones in the same second',
      [
        { at: 10, overlap: 0 },
        { at: 10, overlap: 0 },
      ],
    ],
    [
      'one after the other',
      [
        { at: 10, overlap: 5 },
        { at: 40, overlap: 5 },
        { at: 160, overlap: 5 },
      ],
    ],
  ])('%s', async (_, rotations) => {
    const opened = await embedded?.open();
    if (!opened) throw new Error('no store to test on');
    const { store, stop } = opened;
    try {
      await createKeyring(store, 0);
      const history: [number, Keyring][] = [[0, await loadKeyring(store)]];
      for (const { at, overlap } of rotations) {
        await rotateKeys(store, at, { overlap, keep });
        history.push([at, await loadKeyring(store)]);
      }
      const ringAt = (time: number) => history.findLast(([from]) => from <= time)?.[1] as Keyring;
      const end = 400;
      const published = Array.from(
        { length: end + keep },
        (__, time) => new Set(publishedKeys(ringAt(time), time).map(({ jwk }) => jwk.kid)),
      );
      for (const type of ['RS256', 'ES256'] as const) {
        for (let time = 0; time < end; time += 1) {
          const signer = signerOf(ringAt(time), type, time);
          expect(signer).toBeDefined();
          for (let later = time; later < time + keep; later += 1) {
            if (!published[later]?.has(signer?.jwk.kid ?? ''))
              throw new Error(`${type} key that signed at ${time} is not published at ${later}`);
          }
        }
      }
    } finally {
      await stop();
    }
  });
});

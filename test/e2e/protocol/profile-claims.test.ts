/** The profile of a user as claims of the ID token and of userinfo, by scope. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { authorize, type OpenNode, openNode } from '../../support/clients/authorize.ts';
import { discover, type RelyingParty } from '../../support/clients/relying-party.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { newTestUser } from '../../support/servers/node.ts';
import { storesUnderTest } from '../../support/stores/stores.ts';

const attributes = {
  badge: { claim: 'https://shop.test/badge', scope: 'badge' },
  note: { read: 'admin' },
};
const profile = {
  displayName: 'Ann Archer',
  birthdate: '1990-12-31',
  email: 'ann@x.test',
  phone: '+4930123456',
  phoneVerified: true,
  streetAddress: 'Main Street 1',
  postalCode: '1010',
  locality: 'Vienna',
  country: 'Austria',
  badge: 'A-1',
  note: 'owes us money',
};

let opened: OpenNode;
let notes: RelyingParty;

beforeAll(async () => {
  opened = await openNode(storesUnderTest[0] as (typeof storesUnderTest)[number], {
    files: {
      'stepgate.yaml': JSON.stringify({
        brand: { name: 'A' },
        zones: { office: { cidrs: ['192.0.2.0/24'] } },
        attributes,
      }),
    },
  });
  notes = await discover(opened.node.issuer, 'notes');
});
afterAll(() => opened?.stop());

async function claimsFor(scope: string) {
  const { node } = opened;
  const user = await newTestUser(node);
  await node.app.directory.update(user.id, () => ({ profile }));
  const { tokens } = await authorize({ config: notes, parameters: { scope } }, new UserAgent(), user);
  const info = await client.fetchUserInfo(notes, tokens.access_token, user.id);
  return { info, idToken: tokens.claims(), user };
}

test('each scope releases its claims, and nothing else', async () => {
  const { info, idToken, user } = await claimsFor('openid address phone');
  const address = {
    formatted: 'Main Street 1\n1010 Vienna\nAustria',
    street_address: 'Main Street 1',
    postal_code: '1010',
    locality: 'Vienna',
    country: 'Austria',
  };
  const expected = { sub: user.id, address, phone_number: '+4930123456', phone_number_verified: true };
  expect(info).toEqual(expected);
  expect(idToken).toMatchObject(expected);
});

test('an address without a proof is not called verified', async () => {
  const { info } = await claimsFor('openid email profile');
  expect(info).toMatchObject({ email: 'ann@x.test', name: 'Ann Archer', birthdate: '1990-12-31' });
  expect(info).not.toHaveProperty('email_verified');
  expect(info).not.toHaveProperty('address');
});

test('an own attribute is the claim that the schema says, and one for administrators is none', async () => {
  const { info, user } = await claimsFor('openid badge');
  expect(info).toEqual({ sub: user.id, 'https://shop.test/badge': 'A-1' });
  const { info: all } = await claimsFor('openid profile email phone address badge groups');
  expect(JSON.stringify(all)).not.toContain('owes us');
});

test('discovery names scopes and claims', () => {
  const metadata = notes.serverMetadata();
  expect(metadata.scopes_supported).toEqual(expect.arrayContaining(['address', 'phone', 'badge']));
  expect(metadata.claims_supported).toEqual(expect.arrayContaining(['address', 'https://shop.test/badge']));
});

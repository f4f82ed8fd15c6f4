/** Certificates of devices and statements of agents, at a node: what counts, for how long, and from where. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithPassword,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { certificate, type Issued } from '../../support/servers/certificates.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

const began = Math.floor(Date.now() / 1000);
let clock = began;
const authority = certificate('authority', { ca: true, at: began });
const laptop = certificate('laptop', { ca: false, at: began, issuer: authority });
const lapsed = certificate('laptop', { ca: false, at: began, issuer: authority, until: began - 1 });
const ending = certificate('laptop', { ca: false, at: began, issuer: authority, until: began + 3600 });
const foreign = certificate('laptop', {
  ca: false,
  at: began,
  issuer: certificate('authority', { ca: true, at: began }),
});
const pem = ({ der }: Issued) => `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
const agentKey = generateKeyPairSync('ed25519');

const settings = (proxies: readonly string[]) => ({
  'stepgate.yaml': JSON.stringify({
    brand: { name: 'Test' },
    deviceSignals: {
      certificate: { proxies, authorities: [pem(authority)], says: ['managed'] },
      agent: { keys: [{ ...agentKey.publicKey.export({ format: 'jwk' }), kid: 'one' }] },
    },
    authenticators: { password: { enabled: true } },
  }),
});
const loopback = ['127.0.0.0/8', '::1'];

let node: TestNode;
beforeAll(async () => {
  node = await startNode({
    now: () => clock,
    files: {
      ...settings(loopback),
      ...signOnPolicy('notes', { then: { allow: { factors: 1 } } }),
      ...signOnPolicy(
        'payroll',
        { when: { device: { managed: false } }, then: 'deny' },
        { then: { allow: { factors: 1 } } },
      ),
      'policies/profile/default.yaml': JSON.stringify({ name: 'default', rules: [{ name: 'All', then: {} }] }),
    },
  });
});
afterAll(() => node.stop());

async function leadsTo(headers: Readonly<Record<string, string>>): Promise<string> {
  const user = await userWithPassword(node);
  const agent = new UserAgent({ headers });
  const { page } = await beginSignIn(node, 'payroll', agent);
  const first = currentStep(page);
  return first.startsWith('identify') ? currentStep(await identify(agent, page, user)) : first;
}

describe('a client certificate that a proxy hands over', () => {
  const shown = ({ der }: Issued) => ({ 'client-cert': `:${der.toString('base64')}:` });

  test.each<[string, Issued, string]>([
    ['of the authority counts', laptop, 'code'],
    ['of another authority of that name does not', foreign, 'denied.rule'],
    ['of a time that is over does not', lapsed, 'denied.rule'],
    ['that is the authority itself does not', authority, 'denied.rule'],
  ])('%s', async (_, presented, step) => {
    expect(await leadsTo(shown(presented))).toBe(step);
  });

  test('as nginx writes it counts, too', async () => {
    expect(await leadsTo({ 'client-cert': encodeURIComponent(pem(laptop)) })).toBe('code');
  });

  test('counts until its end, and not from a peer that is no proxy', async () => {
    expect(await leadsTo(shown(ending))).toBe('code');
    clock = began + 3601;
    expect(await leadsTo(shown(ending))).toBe('denied.rule');
    clock = began;
    await node.configure(settings(['192.0.2.0/24']));
    expect(await leadsTo({ ...shown(laptop), 'x-forwarded-for': '192.0.2.7' })).toBe('denied.rule');
    await node.configure(settings(loopback));
  });
});

describe('a statement of an agent', () => {
  function statement(more: object = {}): Readonly<Record<string, string>> {
    const claims = { aud: node.issuer, iat: began, exp: began + 300, signals: { managed: true }, ...more };
    const parts = [{ alg: 'EdDSA', kid: 'one' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const signature = sign(null, Buffer.from(parts.join('.')), agentKey.privateKey).toString('base64url');
    return { 'x-device-agent': [...parts, signature].join('.') };
  }

  test('counts in every request until it ends, and not once more (docs/policies.md)', async () => {
    const one = statement();
    expect([await leadsTo(one), await leadsTo(one)]).toEqual(['code', 'code']);
    clock = began + 299;
    expect(await leadsTo(one)).toBe('code');
    clock = began + 300;
    expect(await leadsTo(one)).toBe('denied.rule');
    clock = began;
  });

  test('that would live longer than ten minutes, or is for another issuer, does not count', async () => {
    expect(await leadsTo(statement({ exp: began + 600 }))).toBe('code');
    expect(await leadsTo(statement({ exp: began + 601 }))).toBe('denied.rule');
    expect(await leadsTo(statement({ aud: 'https://id.example.net' }))).toBe('denied.rule');
  });

  test('that ends while the user signs in counts no longer at the next page', async () => {
    const user = await userWithPassword(node);
    const agent = new UserAgent({ headers: statement() });
    const { page } = await beginSignIn(node, 'payroll', agent);
    clock = began + 301;
    expect(currentStep(await identify(agent, page, user))).toBe('denied.rule');
    clock = began;
  });
});

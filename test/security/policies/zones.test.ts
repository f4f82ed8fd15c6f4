/**
 * Forwarding headers put no browser into a trusted zone: only the entry that our own proxies wrote counts. Payroll lets
 * the office in with one factor.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { LightResponse } from '../../support/clients/light-fetch.ts';
import { redirectUri } from '../../support/clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, identify, userWithTotp } from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

const office = '192.0.2.7';
const officeSix = '2001:db8:1::7';
const street = '198.51.100.9';

/** What the proxies of the house write stands at the right. */
const forged: readonly (readonly [string, string])[] = [
  ['x-forwarded-for', office],
  ['x-forwarded-for', `${office}, ${office}`],
  ['x-real-ip', office],
  ['forwarded', `for=${office}`],
  ['forwarded', `for="[${officeSix}]"`],
  ['cf-connecting-ip', office],
  ['true-client-ip', office],
  ['x-client-ip', office],
  ['x-cluster-client-ip', office],
  ['x-original-forwarded-for', office],
  ['x_forwarded_for', office],
];

/** Entries that are no address, or none that the proxy could have seen. */
const garbage = [
  '',
  ',',
  ', ,',
  'unknown',
  '_hidden',
  `${office}:`,
  `${office}:443:443`,
  `${officeSix}:443:`,
  `[${officeSix}`,
  `[${office}:443]`,
  `"${office}"`,
  `${office};`,
  `${office}/32`,
  '192.0.2',
  '192.0.2.7.1',
  '0300.0.2.7',
  '192.0.2.007',
  '3221225991',
  '0xc0000207',
  '192.0.2.7\u00a0x',
  'office',
  'a'.repeat(8000),
];

/** A browser that goes from one network to another. */
class MovingAgent extends UserAgent {
  forwardedFor = '';

  override send(url: string, init: RequestInit = {}): Promise<LightResponse> {
    return super.send(url, { ...init, headers: { ...init.headers, 'x-forwarded-for': this.forwardedFor } });
  }
}

async function firstFactorLeadsTo(headers: Readonly<Record<string, string>>): Promise<string> {
  const user = await userWithTotp(node);
  const { agent, page } = await beginSignIn(node, 'payroll', new UserAgent({ headers }));
  const next = await identify(agent, page, user);
  if (currentStep(next) !== 'challenge:password') return currentStep(next);
  return currentStep(await answerStep(agent, next, { 'credentials.passcode': user.password }));
}

function settingsBehind(trustedProxies: number) {
  const zones = { office: { cidrs: ['192.0.2.0/24', '2001:db8:1::/48'] } };
  const authenticators = { password: { enabled: true }, totp: { enabled: true } };
  return { brand: { name: 'Test' }, trustedProxies, zones, authenticators };
}

const settings = (trustedProxies: number): Promise<void> =>
  node.configure({ 'stepgate.yaml': JSON.stringify(settingsBehind(trustedProxies)) });

const encodable = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('without proxies', () => {
  beforeAll(() => settings(0));

  test.each(forged)('%s: %s is ignored', async (name, value) => {
    expect(await firstFactorLeadsTo({ [name]: value })).toBe('challenge:totp');
    expect(node.audit.at(-1)?.ip).not.toContain('192.0.2');
  });

  test('all of them together are ignored', async () => {
    expect(await firstFactorLeadsTo(Object.fromEntries(forged))).toBe('challenge:totp');
  });
});

describe.each([1, 2])('behind %i', (trustedProxies) => {
  beforeAll(() => settings(trustedProxies));
  const proxies = Array.from({ length: trustedProxies - 1 }, (_, index) => `10.0.0.${index + 1}`);
  /** The header as it arrives: what the client sent, then what each proxy saw. */
  const chain = (sent: readonly string[], seen: string): string => [...sent, seen, ...proxies].join(', ');

  test.each([
    ...[office, `${office}:443`, `::ffff:${office}`].map((seen) => [seen, office] as const),
    ...[officeSix, `[${officeSix}]`, `[${officeSix}]:443`, '2001:DB8:0001:0::7'].map(
      (seen) => [seen, officeSix] as const,
    ),
  ])('%s, seen by the outermost proxy, is the office, and recorded as %s', async (seen, address) => {
    expect(await firstFactorLeadsTo({ 'x-forwarded-for': chain([], seen) })).toBe('code');
    expect(node.audit.findLast(({ event }) => event === 'sign_in.completed')?.ip).toBe(address);
    expect(await firstFactorLeadsTo({ 'x-forwarded-for': chain([street], seen) })).toBe('code');
  });

  test.each([
    [[office]],
    [[office, office, office]],
    [[`${office},`]],
    [[officeSix]],
    [[`::ffff:${office}`]],
    [['unknown', office]],
  ])('%j, sent by the client, is not', async (sent) => {
    expect(await firstFactorLeadsTo({ 'x-forwarded-for': chain(sent, street) })).toBe('challenge:totp');
    expect(node.audit.at(-1)?.ip).toBe(street);
  });

  test.each(garbage.map((text) => [text.slice(0, 40), text] as const))(
    'of %j, no zone is known',
    async (_name, text) => {
      expect(await firstFactorLeadsTo({ 'x-forwarded-for': encodable(chain([], text)) })).toBe(
        'denied.condition_failed',
      );
      expect(node.audit.at(-1)).toMatchObject({ event: 'sign_in.denied', ip: '', reason: 'condition_failed' });
      expect(await firstFactorLeadsTo({ 'x-forwarded-for': encodable(chain([office], text)) })).toBe(
        'denied.condition_failed',
      );
    },
  );

  test('of a request with fewer entries than proxies, or none, no zone is known', async () => {
    expect(await firstFactorLeadsTo({})).toBe('denied.condition_failed');
    for (let count = 1; count < trustedProxies; count += 1)
      expect(await firstFactorLeadsTo({ 'x-forwarded-for': Array(count).fill(office).join(', ') })).toBe(
        'denied.condition_failed',
      );
  });

  test('the log says so once, and not of probes', async () => {
    const lines: string[] = [];
    const own = await startNode({ write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
    try {
      await own.configure({ 'stepgate.yaml': JSON.stringify(settingsBehind(trustedProxies)) });
      const warned = () => lines.filter((line) => line.includes('X-Forwarded-For'));
      await fetch(`${own.origin}/readyz`);
      expect(warned()).toEqual([]);
      for (const path of ['/account', '/device']) await fetch(`${own.origin}${path}`);
      expect(warned()).toEqual([expect.stringContaining(`the first of ${trustedProxies} trusted proxies`)]);
    } finally {
      await own.stop();
    }
  });

  test('other headers do not replace it', async () => {
    const others = Object.fromEntries(forged.filter(([name]) => name !== 'x-forwarded-for'));
    expect(await firstFactorLeadsTo(others)).toBe('denied.condition_failed');
    expect(await firstFactorLeadsTo({ ...others, 'x-forwarded-for': chain([], street) })).toBe('challenge:totp');
  });

  test('a step from the street during a sign-in from the office asks for the second factor', async () => {
    const user = await userWithTotp(node);
    const agent = new MovingAgent();
    agent.forwardedFor = chain([], office);
    const { page } = await beginSignIn(node, 'payroll', agent);
    const body = new URLSearchParams({
      ...page.forms[0]?.fields,
      identifier: user.identifier,
      'credentials.passcode': user.password,
    });
    const answered = await agent.send(page.url, { method: 'POST', body });
    expect(answered.headers.get('location')).toContain('/oauth2/v1/authorize/');
    agent.forwardedFor = chain([], street);
    const resume = new URL(answered.headers.get('location') ?? '', page.url).href;
    const outside = await agent.open(resume, {}, redirectUri);
    expect(currentStep(outside)).toBe('challenge:totp');
  });
});

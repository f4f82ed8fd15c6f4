/** Every ordered pair of things that people may have, against apps that ask for one or two factor types (security.md section 4, case 9). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appFile } from '../support/authorize.ts';
import { type Holder, holder, type MeansName, means, meansNames, settingsWithMeans } from '../support/means.ts';
import { startNode, type TestNode } from '../support/node.ts';
import { claimsOf, redeemCode } from '../support/raw-client.ts';
import { redirectUri } from '../support/relying-party.ts';
import { answerStep, beginSignIn, eventsOf, type SignIn, signOnPolicy, whereIs } from '../support/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../support/user-agent.ts';

/** The app that one proof of this opens, and nothing else. */
const appOf = (name: MeansName): string => `only-${name.replace(' ', '-')}`;

function demandOf(name: MeansName): unknown {
  const { authenticator, factors } = means[name];
  const verified = name === 'passkey' ? { userVerification: true } : {};
  const isKnown = (factors as readonly string[]).includes('knowledge');
  return { factors: 1, [isKnown ? 'knowledge' : 'possession']: { authenticators: [authenticator], ...verified } };
}

let node: TestNode;
beforeAll(async () => {
  const policies = [
    ['two', { factors: 2 }] as const,
    ...meansNames.map((name) => [appOf(name), demandOf(name)] as const),
  ];
  const files = policies.map(([name, allow]) => ({
    ...signOnPolicy(name, { then: { allow } }),
    ...appFile(name, { signOnPolicy: name }),
  }));
  node = await startNode({
    demo: true,
    people: false,
    files: Object.assign({}, settingsWithMeans, ...files),
  });
});
afterAll(() => node.stop());

/** The first page on which something must be proved; nothing was typed but the identifier. */
async function named(app: string, { identifier }: Holder, agent = new UserAgent()): Promise<SignIn> {
  const begun = await beginSignIn(node, app, agent);
  if (whereIs(begun.page) !== 'identify') return begun;
  return { ...begun, page: await answerStep(agent, begun.page, { identifier, 'credentials.passcode': '' }) };
}

/** Asks to prove this, whether the page offers it or not. */
async function turnTo(agent: UserAgent, page: Page, name: MeansName): Promise<Page> {
  const { authenticator } = means[name];
  if (whereIs(page) === `challenge:${authenticator}` || whereIs(page) === 'code') return page;
  const stateHandle = mainForm(page)?.fields.stateHandle ?? '';
  const body = new URLSearchParams({ stateHandle, 'authenticator.id': authenticator });
  return agent.open(`${page.url}/select`, { method: 'POST', body }, redirectUri);
}

/** Proves in this order what of it is taken. */
async function prove(who: Holder, { agent, page }: SignIn, order: readonly MeansName[]) {
  let at = page;
  const proved: MeansName[] = [];
  for (const name of order) {
    at = await turnTo(agent, at, name);
    if (whereIs(at) !== `challenge:${means[name].authenticator}`) continue;
    at = await answerStep(agent, at, await who.answer(name, at, agent));
    if (!at.messages.includes('credentials.invalid')) proved.push(name);
    if (whereIs(at) === 'code') break;
  }
  return { page: at, proved };
}

async function claims({ request }: SignIn, { url }: Page): Promise<Readonly<Record<string, unknown>>> {
  return claimsOf((await redeemCode(node.origin, request, url)).tokens?.id_token);
}

function typesOf(names: readonly MeansName[]): number {
  return new Set(names.flatMap((name) => [...means[name].factors])).size;
}

/** What may be said of these proofs, and nothing more. */
function truth(names: readonly MeansName[]) {
  const amr = new Set<string>(names.flatMap((name) => [...means[name].amr]));
  if (typesOf(names) > 1) amr.add('mfa');
  return { amr: [...amr].sort(), acr: acrOf(names) };
}

function acrOf(names: readonly MeansName[]): string {
  if (names.some((name) => means[name].authenticator === 'webauthn')) return 'phr';
  if (typesOf(names) > 1) return 'urn:okta:loa:2fa:any';
  return names.includes('password') ? 'urn:okta:loa:1fa:pwd' : 'urn:okta:loa:1fa:any';
}

const pairs = meansNames.flatMap((first) =>
  meansNames.filter((second) => second !== first).map((second) => [first, second] as const),
);

describe.each(pairs)('%s, then %s', (first, second) => {
  const isEnough = typesOf([first, second]) > 1;
  const alone = [first, second].filter((name) => typesOf([name]) > 1);
  /** Nothing is asked for beside what is enough by itself. */
  const needed = alone.length > 0 ? alone : [first, second];

  test(`where two factor types are asked for: ${isEnough ? 'a code' : 'never a code'}`, async () => {
    const who = await holder(node, first, second);
    const begun = await named('two', who);
    const { page, proved } = await prove(who, begun, [first, second]);
    if (!isEnough) {
      expect(['select', 'enroll:webauthn', 'denied.unsatisfiable']).toContain(whereIs(page));
      expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
      return;
    }
    expect([whereIs(page), proved]).toEqual(['code', needed]);
    expect(await claims(begun, page)).toMatchObject({ sub: who.id, ...truth(needed) });
  });

  test(`one after the other, at apps that ask for one: ${isEnough ? 'mfa' : 'never mfa'}`, async () => {
    const who = await holder(node, first, second);
    const agent = new UserAgent();
    for (const name of [first, second]) {
      const begun = await named(appOf(name), who, agent);
      const { page, proved } = await prove(who, begun, [name]);
      expect(whereIs(page)).toBe('code');
      // One key may do for another: then what was proved before counts.
      expect(await claims(begun, page)).toMatchObject({ sub: who.id, ...truth(proved.length > 0 ? proved : [first]) });
    }
    const silent = await beginSignIn(node, 'two', agent, { prompt: 'none' });
    expect(whereIs(silent.page)).toBe(isEnough ? 'code' : 'interaction_required');
    if (isEnough) expect(await claims(silent, silent.page)).toMatchObject({ sub: who.id, ...truth(needed) });
  });
});

/** Every ordered pair of authenticators that users may have, against apps that ask for one or two factor types. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimsOf, redeemCode } from '../../support/clients/raw-client.ts';
import { beginSignIn, currentStep, eventsOf, type SignIn } from '../../support/clients/sign-in-flow.ts';
import { type Page, UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';
import {
  type CapabilityName,
  capabilityNames,
  holder,
  settingsWithAllAuthenticators,
} from '../../support/users/enrolled-users.ts';
import {
  appOf,
  appsThatAsk,
  beginIdentified,
  demandOf,
  prove,
  truth,
  typesOf,
} from '../../support/users/prove-capabilities.ts';

/** A rule that names the question, with any other authenticator of the user. */
const asking = { asking: { factors: 2, possession: {}, knowledge: { authenticators: ['security_question'] } } };

let node: TestNode;
beforeAll(async () => {
  const single = Object.fromEntries(capabilityNames.map((name) => [appOf(name), demandOf(name)]));
  node = await startNode({
    demo: true,
    users: false,
    files: {
      ...settingsWithAllAuthenticators,
      ...appsThatAsk({ one: { factors: 1 }, two: { factors: 2 }, ...asking, ...single }),
    },
  });
});
afterAll(() => node.stop());

async function claims({ request }: SignIn, { url }: Page): Promise<Readonly<Record<string, unknown>>> {
  return claimsOf((await redeemCode(node.origin, request, url)).tokens?.id_token);
}

const pairs = capabilityNames.flatMap((first) =>
  capabilityNames.filter((second) => second !== first).map((second) => [first, second] as const),
);

describe.each(pairs)('%s, then %s', (first, second) => {
  const isEnough = typesOf([first, second]) > 1;
  const alone = [first, second].filter((name) => typesOf([name]) > 1);
  /** Nothing more is asked for when one proof is enough by itself. */
  const needed = alone.length > 0 ? alone : [first, second];

  test(`where two factor types are asked for: ${isEnough ? 'a code' : 'never a code'}`, async () => {
    const who = await holder(node, first, second);
    const begun = await beginIdentified(node, 'two', who);
    const { page, proved } = await prove(who, begun, [first, second]);
    if (!isEnough) {
      expect(['select', 'enroll:webauthn', 'denied.unsatisfiable']).toContain(currentStep(page));
      expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
      return;
    }
    expect([currentStep(page), proved]).toEqual(['code', needed]);
    expect(await claims(begun, page)).toMatchObject({ sub: who.id, ...truth(needed) });
  });

  test(`one after the other, at apps that ask for one: ${isEnough ? 'mfa' : 'never mfa'}`, async () => {
    const who = await holder(node, first, second);
    const agent = new UserAgent();
    for (const name of [first, second]) {
      const begun = await beginIdentified({ issuer: node.issuer, agent }, appOf(name), who);
      const { page, proved } = await prove(who, begun, [name]);
      expect(currentStep(page)).toBe('code');
      // One key may do for another: then what was proved before counts.
      expect(await claims(begun, page)).toMatchObject({ sub: who.id, ...truth(proved.length > 0 ? proved : [first]) });
    }
    const silent = await beginSignIn(node, { client_id: 'two', prompt: 'none' }, agent);
    expect(currentStep(silent.page)).toBe(isEnough ? 'code' : 'interaction_required');
    if (isEnough) expect(await claims(silent, silent.page)).toMatchObject({ sub: who.id, ...truth(needed) });
  });
});

describe('a security question', () => {
  const question = 'security question';
  const possessions = capabilityNames.filter((name) => name !== 'password');
  const orders = (other: CapabilityName): readonly (readonly CapabilityName[])[] => [
    [other, question],
    [question, other, question],
  ];

  test.each(possessions.flatMap((other) => orders(other).map((order) => [other, order] as const)))(
    'with %s, in the order %j, where the rule names it: asked for last, and it raises nothing',
    async (other, order) => {
      const who = await holder(node, other, question);
      const begun = await beginIdentified(node, 'asking', who);
      const { page, proved } = await prove(who, begun, order);
      expect([currentStep(page), proved]).toEqual(['code', [other, question]]);
      expect(await claims(begun, page)).toMatchObject({ sub: who.id, ...truth([other, question]) });
      const silent = await beginSignIn(node, { client_id: 'two', prompt: 'none' }, begun.agent);
      expect(currentStep(silent.page)).toBe(other === 'passkey' ? 'code' : 'interaction_required');
      const one = await beginSignIn(node, { client_id: 'one', prompt: 'none' }, begun.agent);
      expect(await claims(one, one.page)).toMatchObject({ sub: who.id, acr: truth([other]).acr });
    },
  );

  test.each(possessions.flatMap((other) => orders(other).map((order) => [other, order] as const)))(
    'with %s, in the order %j, where the rule does not name it: it is not asked for',
    async (other, order) => {
      const who = await holder(node, other, question);
      const begun = await beginIdentified(node, 'two', who);
      const { page, proved } = await prove(who, begun, order);
      expect(proved).not.toContain(question);
      expect(page.html).not.toContain('security_question');
      if (other === 'passkey') {
        expect(await claims(begun, page)).toMatchObject(truth([other]));
        return;
      }
      expect(currentStep(page)).not.toBe('code');
      expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
    },
  );

  test.each(['asking', 'two'].flatMap((app) => orders('password').map((order) => [app, order] as const)))(
    'with a password, at %s, in the order %j: never a code',
    async (app, order) => {
      const who = await holder(node, 'password', question);
      const { page } = await prove(who, await beginIdentified(node, app, who), order);
      expect(currentStep(page)).not.toBe('code');
      expect(page.html).not.toContain('stuffed toy');
      expect(eventsOf(node, who.id)).not.toContain('sign_in.completed');
    },
  );

  test.each(['asking', 'two', 'one'])('alone, at %s: never asked for, never a code', async (app) => {
    const who = await holder(node, question);
    const { page, proved } = await prove(who, await beginIdentified(node, app, who), [question]);
    expect([currentStep(page) === 'code', proved]).toEqual([false, []]);
    expect(eventsOf(node, who.id).filter((event) => /verified|completed/.test(event))).toEqual([]);
  });

  test('proved in the session after one other authenticator, then the password: mfa only by these two', async () => {
    const who = await holder(node, 'password', 'totp', question);
    const begun = await beginIdentified(node, 'asking', who);
    const first = await prove(who, begun, ['totp', question]);
    expect(await claims(begun, first.page)).toMatchObject(truth(['totp', question]));
    const next = await beginSignIn(node, 'two', begun.agent);
    expect(currentStep(next.page)).toBe('challenge:password');
    const { page } = await prove(who, next, ['password']);
    const { amr, acr } = await claims(next, page);
    expect([amr, acr]).toEqual([expect.arrayContaining(['mfa', 'otp', 'pwd']), 'urn:okta:loa:2fa:any']);
  });
});

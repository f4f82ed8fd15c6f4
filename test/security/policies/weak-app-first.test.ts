/**
 * A stolen password is not worth more after a sign-in at an app that asks for nothing else: it makes no browser known,
 * and is no last sign-in (Law 7, decision 139).
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generate } from 'otplib';
import { appFile } from '../../support/clients/authorize.ts';
import type { TestUser } from '../../support/clients/relying-party.ts';
import {
  answerStep,
  beginSignIn,
  currentStep,
  identify,
  signOnPolicy,
  userWithTotp,
} from '../../support/clients/sign-in-flow.ts';
import { UserAgent } from '../../support/pages/user-agent.ts';
import { startNode, type TestNode } from '../../support/servers/node.ts';

const DAY = 86_400;
const one = { allow: { factors: 1 } };
const two = { allow: { factors: 2 } };
const paused = { primary: 'any', idle: 'PT2H', absolute: 'P1D' };

let node: TestNode;
let time = Math.floor(Date.now() / 1000);
beforeAll(async () => {
  node = await startNode({ authenticators: ['password', 'totp'], now: () => time });
});
afterAll(() => node.stop());

/** The step after identification, or the first page where a session answers for it. */
async function stepAt(app: string, agent: UserAgent, user: TestUser): Promise<string> {
  const { page } = await beginSignIn(node, app, agent);
  return currentStep(currentStep(page).startsWith('identify') ? await identify(agent, page, user) : page);
}

async function withBothFactors(
  app: string,
  agent: UserAgent,
  user: TestUser & { readonly totp: string },
): Promise<string> {
  const { page } = await beginSignIn(node, app, agent);
  const asked = await identify(agent, page, user);
  const code = await generate({ secret: user.totp, epoch: time });
  return currentStep(await answerStep(agent, asked, { 'credentials.passcode': code }));
}

type Rule = Parameters<typeof signOnPolicy>[1];
const rules = (...payroll: readonly Rule[]) => ({
  ...signOnPolicy('notes', { then: one }),
  ...appFile('vault', { signOnPolicy: 'vault' }),
  ...signOnPolicy('vault', { then: two }),
  ...signOnPolicy('payroll', ...payroll),
});
const session = (...sessionRules: readonly unknown[]) => ({
  'policies/session.yaml': JSON.stringify({ rules: sessionRules }),
});

describe('a rule about the last sign-in', () => {
  const files = rules({ when: { lastSignIn: { notWithin: 'P30D' } }, then: two }, { then: one });

  test('does not count a sign-in by password alone', async () => {
    await node.configure(files);
    time += 40 * DAY;
    const user = await userWithTotp(node);
    expect(await stepAt('payroll', new UserAgent(), user)).toBe('challenge:totp');
    const agent = new UserAgent();
    expect(await stepAt('notes', agent, user)).toBe('code');
    expect(await stepAt('payroll', agent, user)).toBe('challenge:totp');
    expect(await stepAt('payroll', new UserAgent(), user)).toBe('challenge:totp');
    expect(await withBothFactors('payroll', new UserAgent(), user)).toBe('code');
    time += DAY;
    expect(await stepAt('payroll', new UserAgent(), user)).toBe('code');
  });
});

describe.each<[string, Readonly<Record<string, string>>, string]>([
  ['known', rules({ when: { device: { known: true } }, then: one }, { then: two }), 'challenge:totp'],
  ['not known', rules({ when: { device: { known: false } }, then: two }, { then: one }), 'challenge:totp'],
  ['not known: denied', rules({ when: { device: { known: false } }, then: 'deny' }, { then: one }), 'denied.rule'],
  ['an expression', rules({ when: { expression: '!device.known' }, then: two }, { then: one }), 'challenge:totp'],
  ['risk', rules({ when: { risk: { any: ['newDevice'] } }, then: two }, { then: one }), 'challenge:totp'],
  [
    'session policy',
    {
      ...rules({ then: one }),
      ...session(
        { name: 'Notes', when: { apps: { any: ['notes'] } }, then: { allow: { ...paused, secondFactor: 'never' } } },
        { name: 'All', then: { allow: { ...paused, secondFactor: 'newDevice' } } },
      ),
    },
    'challenge:totp',
  ],
])('a rule about new browsers (%s)', (_, files, asked) => {
  test('holds after a sign-in by password alone, in the same session and in later ones', async () => {
    await node.configure(files);
    const user = await userWithTotp(node);
    expect(await stepAt('payroll', new UserAgent(), user)).toBe(asked);
    const agent = new UserAgent();
    expect(await stepAt('notes', agent, user)).toBe('code');
    expect(await stepAt('payroll', agent, user)).toBe(asked);
    time += 2 * DAY;
    expect(await stepAt('payroll', agent, user)).toBe(asked);
  });

  test('does not apply to a browser with which both factors were proved, from the next session on', async () => {
    await node.configure(files);
    const user = await userWithTotp(node);
    const agent = new UserAgent();
    expect(await withBothFactors('vault', agent, user)).toBe('code');
    time += 2 * DAY;
    expect(await stepAt('payroll', agent, user)).toBe('code');
  });
});

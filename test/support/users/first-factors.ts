/** Every first proof that there is, and what has to be proved after it where two factor types are asked for. */

import { answerStep, beginSignIn, currentStep, type SignIn } from '../clients/sign-in-flow.ts';
import { linkIn, mailTo, maySendAgain } from '../messages/mail.ts';
import { codeFor } from '../messages/phone.ts';
import { type Page, UserAgent } from '../pages/user-agent.ts';
import type { TestNode } from '../servers/node.ts';
import { type CapabilityName, capabilities, type Holder, holder } from './enrolled-users.ts';
import { chooseAuthenticator, name as nameThem, prove, truth } from './prove-capabilities.ts';

type At = Pick<SignIn, 'agent' | 'page'>;

export interface FirstFactor {
  readonly capabilities: CapabilityName;
  /** Absent: its proof counts. A security question proves nothing before something else does. */
  readonly isNoProof?: true;
  /** An app whose rule takes two factor types, and takes this for one of them. */
  readonly app: 'two' | 'apart';
  /** What is proved after it. Empty: it shows both types at once, and the rule takes that. */
  readonly rest: readonly CapabilityName[];
  /** Where it differs from what its name says. */
  readonly amr?: readonly string[];
  /** Says who it is where that is asked, and proves this and nothing else. */
  prove(node: TestNode, who: Holder, at: At): Promise<Page>;
}

/** What the rules of the apps allow: any two types; a password and something else; any one. */
export const demands = {
  two: { factors: 2 },
  apart: { factors: 2, knowledge: { authenticators: ['password'] }, possession: {} },
  one: { factors: 1 },
} as const;

const byHand =
  (first: CapabilityName): FirstFactor['prove'] =>
  async (_node, who, { agent, page }) =>
    (await prove(who, { agent, page: await nameThem(agent, page, who) }, [first])).page;

/** On the page that asks who it is, where there is one. */
const identifyByCredential =
  (first: CapabilityName): FirstFactor['prove'] =>
  async (node, who, at) => {
    const form = at.page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
    if (!form) return byHand(first)(node, who, at);
    return at.agent.submit(at.page, form, await who.answer(first, at.page, at.agent));
  };

async function asking(first: CapabilityName, who: Holder, { agent, page }: At): Promise<Page> {
  const asks = await chooseAuthenticator(agent, await nameThem(agent, page, who), first);
  if (currentStep(asks) !== `challenge:${capabilities[first].authenticator}`)
    throw new Error(`asks for ${currentStep(asks)}`);
  return asks;
}

/** The number that they enrolled. */
async function numberOf({ app }: TestNode, { id }: Holder): Promise<string> {
  const stored = (await app.directory.get(id))?.credentials ?? [];
  return String(stored.find(({ authenticator }) => authenticator === 'phone')?.secret.number);
}

const possession = { app: 'two', rest: ['password'] } as const;

export const firstFactors: Readonly<Record<string, FirstFactor>> = {
  'a password on the page that asks who it is': {
    capabilities: 'password',
    app: 'two',
    rest: ['totp'],
    async prove(node, who, { agent, page }) {
      if (currentStep(page) !== 'identify') return byHand('password')(node, who, { agent, page });
      const secret = await who.answer('password', page, agent);
      return answerStep(agent, page, { identifier: who.identifier, ...secret });
    },
  },
  'a code by mail': { capabilities: 'email', ...possession, prove: byHand('email') },
  'a link by mail, in the same browser': {
    capabilities: 'email',
    ...possession,
    async prove(node, who, at) {
      await asking('email', who, at);
      const landed = await at.agent.open(linkIn(await mailTo(node, who.identifier)));
      return at.agent.submit(landed, landed.forms[0]);
    },
  },
  'a link by mail, in another browser': {
    capabilities: 'email',
    ...possession,
    async prove(node, who, at) {
      const asks = await asking('email', who, at);
      const landed = await new UserAgent().open(linkIn(await mailTo(node, who.identifier)));
      const code = /data-code>(\d+)</.exec(landed.html)?.[1] ?? '';
      return answerStep(at.agent, asks, { 'credentials.passcode': code });
    },
  },
  'a text message': { capabilities: 'phone', ...possession, prove: byHand('phone') },
  'a call': {
    capabilities: 'phone',
    ...possession,
    amr: ['tel'],
    async prove(node, who, at) {
      const asks = await asking('phone', who, at);
      await maySendAgain(node, who.id, 'phone');
      const form = asks.forms.find(({ fields }) => fields['authenticator.methodType'] === 'voice');
      const calling = await at.agent.submit(asks, form);
      const call = await mailTo(node, await numberOf(node, who), 2);
      return answerStep(at.agent, calling, { 'credentials.passcode': codeFor(call) });
    },
  },
  'an authenticator app': { capabilities: 'totp', ...possession, prove: byHand('totp') },
  'a passkey, where it is taken for both': { capabilities: 'passkey', app: 'two', rest: [], prove: byHand('passkey') },
  'a passkey, where a password is asked for as well': {
    capabilities: 'passkey',
    app: 'apart',
    rest: ['password'],
    prove: byHand('passkey'),
  },
  'a passkey that says who it is': {
    capabilities: 'passkey',
    app: 'apart',
    rest: ['password'],
    prove: identifyByCredential('passkey'),
  },
  'a security key': { capabilities: 'security key', ...possession, prove: byHand('security key') },
  'a security key that says who it is': {
    capabilities: 'security key',
    ...possession,
    prove: identifyByCredential('security key'),
  },
  'a recovery code': { capabilities: 'recovery code', ...possession, prove: byHand('recovery code') },
  'an access code': { capabilities: 'access code', ...possession, prove: byHand('access code') },
  'a security question': {
    capabilities: 'security question',
    isNoProof: true,
    app: 'two',
    rest: ['password', 'totp'],
    prove: byHand('security question'),
  },
};

/** Has it, and a password and an authenticator app as well. */
export function ownerOf(node: TestNode, first: FirstFactor): Promise<Holder> {
  return holder(node, ...new Set<CapabilityName>(['password', 'totp', first.capabilities]));
}

/** What may be said once these are proved, the first factor among them or not. */
export function truthOf(first: FirstFactor, proved: readonly CapabilityName[]): ReturnType<typeof truth> {
  const told = truth(proved);
  if (!first.amr || !proved.includes(first.capabilities)) return told;
  const usual: readonly string[] = capabilities[first.capabilities].amr;
  return { ...told, amr: [...told.amr.filter((method) => !usual.includes(method)), ...first.amr].sort() };
}

/** Signs in to an app that this one proof opens. */
export async function sessionBy(node: TestNode, first: FirstFactor, who: Holder) {
  const begun = await beginSignIn(node, 'one');
  const page = await first.prove(node, who, begun);
  if (currentStep(page) !== 'code') throw new Error(`no session: ${currentStep(page)}`);
  return { ...begun, page };
}

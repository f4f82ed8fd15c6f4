/** Sign-ins of users who have any of `capabilities`, and what may be said of them afterwards. */
import { appFile } from '../clients/authorize.ts';
import { redirectUri } from '../clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, type SignIn, signOnPolicy } from '../clients/sign-in-flow.ts';
import { mainForm, type Page, UserAgent } from '../pages/user-agent.ts';
import { type CapabilityName, capabilities, type Holder } from './enrolled-users.ts';

/** One app for each of these; what its rule allows, under its name. */
export function appsThatAsk(demands: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const files = Object.entries(demands).map(([capability, allow]) => ({
    ...signOnPolicy(capability, { then: { allow } }),
    ...appFile(capability, { signOnPolicy: capability }),
  }));
  return Object.assign({}, ...files);
}

/** The app that one proof of this opens, and nothing else. */
export const appOf = (capability: CapabilityName): string => `only-${capability.replace(' ', '-')}`;

/** What the rule of that app allows. */
export function demandOf(capability: CapabilityName): unknown {
  const { authenticator, factors } = capabilities[capability];
  const verified = capability === 'passkey' ? { userVerification: true } : {};
  const isKnown = (factors as readonly string[]).includes('knowledge');
  return { factors: 1, [isKnown ? 'knowledge' : 'possession']: { authenticators: [authenticator], ...verified } };
}

/** The first page on which something must be proved; nothing was typed but the identifier. */
export async function beginIdentified(
  { issuer, agent = new UserAgent() }: { readonly issuer: string; readonly agent?: UserAgent },
  app: string,
  who: Pick<Holder, 'identifier'>,
): Promise<SignIn> {
  const begun = await beginSignIn({ issuer }, app, agent);
  return { ...begun, page: await name(agent, begun.page, who) };
}

/** Says who it is, where that is asked. */
export async function name(agent: UserAgent, page: Page, { identifier }: Pick<Holder, 'identifier'>): Promise<Page> {
  return currentStep(page) === 'identify' ? answerStep(agent, page, { identifier, 'credentials.passcode': '' }) : page;
}

/** Asks to prove this, whether the page offers it or not. */
export async function chooseAuthenticator(agent: UserAgent, page: Page, wanted: CapabilityName): Promise<Page> {
  const { authenticator } = capabilities[wanted];
  if (currentStep(page) === `challenge:${authenticator}` || currentStep(page) === 'code') return page;
  const stateHandle = mainForm(page)?.fields.stateHandle ?? '';
  const body = new URLSearchParams({ stateHandle, 'authenticator.id': authenticator });
  return agent.open(`${page.url}/select`, { method: 'POST', body }, redirectUri);
}

/** Proves in this order what of it is taken. */
export async function prove(
  who: Holder,
  { agent, page }: Pick<SignIn, 'agent' | 'page'>,
  order: readonly CapabilityName[],
): Promise<{ readonly page: Page; readonly proved: readonly CapabilityName[] }> {
  let at = page;
  const proved: CapabilityName[] = [];
  for (const one of order) {
    at = await chooseAuthenticator(agent, at, one);
    if (currentStep(at) !== `challenge:${capabilities[one].authenticator}`) continue;
    at = await answerStep(agent, at, await who.answer(one, at, agent));
    if (!at.messages.includes('credentials.invalid')) proved.push(one);
    if (currentStep(at) === 'code') break;
  }
  return { page: at, proved };
}

/** How many factor types these prove. */
export function typesOf(names: readonly CapabilityName[]): number {
  return new Set(names.flatMap((capability) => [...capabilities[capability].factors])).size;
}

/** What may be said of these proofs, and nothing more. A security question adds its name, and no assurance. */
export function truth(names: readonly CapabilityName[]): { readonly amr: readonly string[]; readonly acr: string } {
  const counted = names.filter((capability) => capability !== 'security question');
  const amr = new Set<string>(names.flatMap((capability) => [...capabilities[capability].amr]));
  if (typesOf(counted) > 1) amr.add('mfa');
  return { amr: [...amr].sort(), acr: acrOf(counted) };
}

function acrOf(names: readonly CapabilityName[]): string {
  if (names.some((capability) => capabilities[capability].authenticator === 'webauthn')) return 'phr';
  if (typesOf(names) > 1) return 'urn:okta:loa:2fa:any';
  return names.includes('password') ? 'urn:okta:loa:1fa:pwd' : 'urn:okta:loa:1fa:any';
}

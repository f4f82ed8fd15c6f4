/** Users who come back with a browser: what it keeps, what they tick, what they are asked again. */
import { generate } from 'otplib';
import { mainForm, type Page, UserAgent } from '../pages/user-agent.ts';
import type { TestNode } from '../servers/node.ts';
import { type Authorization, authorization, claimsOf, redeemCode, type TokenAnswer } from './raw-client.ts';
import { redirectUri, type TestUser } from './relying-party.ts';
import { answerStep, currentStep } from './sign-in-flow.ts';

/** The browser is closed and opened again: what has no end of its own is gone. */
export function reopened(agent: UserAgent, issuer: string): UserAgent {
  const again = new UserAgent();
  for (const { name, value, attributes } of agent.cookies(issuer)) {
    if (/expires=/i.test(attributes)) again.setCookie(issuer, `${name}=${value}; ${attributes}`);
  }
  return again;
}

export function cookieOf(agent: UserAgent, issuer: string, name: string): string {
  return agent.cookies(issuer).find((cookie) => cookie.name === name)?.value ?? '';
}

interface Answering {
  readonly user: TestUser;
  /** Names of the boxes that the user ticks. */
  readonly ticked?: readonly string[];
}

export interface Finished {
  readonly page: Page;
  /** The steps that came, in order. */
  readonly asked: readonly string[];
  readonly where: string;
}

/**
 * Ticks these boxes and answers until the browser leaves, or a page comes that takes no answer. `clock`: of the node
 * (epoch seconds).
 */
export async function finish(
  agent: UserAgent,
  start: Page,
  { user, ticked = [], clock }: Answering & { readonly clock: () => number },
): Promise<Finished> {
  let page = start;
  const asked: string[] = [];
  for (let steps = 0; steps < 6 && !page.url.startsWith(redirectUri); steps += 1) {
    const form = mainForm(page);
    if (!form) break;
    asked.push(currentStep(page));
    const boxes = Object.fromEntries(form.boxes.filter((box) => ticked.includes(box)).map((box) => [box, 'yes']));
    if (form.step === 'enroll' && page.secret) Object.assign(user, { totp: page.secret, step: 0 });
    const answer =
      form.step === 'identify'
        ? { identifier: user.identifier, 'credentials.passcode': user.password }
        : form.authenticator === 'password'
          ? { 'credentials.passcode': user.password }
          : await passcodeAt(user, clock);
    page = await answerStep(agent, page, { ...answer, ...boxes });
  }
  return { page, asked, where: currentStep(page) };
}

/** A code that was not used yet, by the clock of the node. */
async function passcodeAt(user: TestUser, clock: () => number): Promise<Record<string, string>> {
  const step = Math.max(Math.floor(clock() / 30), (user.step ?? 0) + 1);
  user.step = step;
  return { 'credentials.passcode': await generate({ secret: user.totp ?? '', epoch: step * 30 }) };
}

export interface Returned extends Finished {
  readonly request: Authorization;
  tokens(): Promise<TokenAnswer>;
  claims(): Promise<Readonly<Record<string, unknown>>>;
}

export interface Returning {
  readonly node: Pick<TestNode, 'issuer' | 'origin'>;
  readonly clock: () => number;
}

export interface SigningIn extends Answering {
  readonly agent: UserAgent;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** One authorization of a user; `parameters` replace the usual ones. */
export async function signInTo(
  { node, clock }: Returning,
  clientId: string,
  { agent, parameters = {}, ...answering }: SigningIn,
): Promise<Returned> {
  const request = authorization(node.issuer, clientId, parameters);
  const start = await agent.open(request.url, {}, redirectUri);
  const done = await finish(agent, start, { ...answering, clock });
  const tokens = () => redeemCode(node.origin, request, done.page.url);
  return { ...done, request, tokens, claims: async () => claimsOf((await tokens()).tokens?.id_token) };
}

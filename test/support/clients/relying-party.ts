/** A relying party on `openid-client`, and a user who signs in to it. */
import * as client from 'openid-client';
import { generate } from 'otplib';
import { type Form, mainForm, type Page, type UserAgent } from '../pages/user-agent.ts';
import { lightFetch } from './light-fetch.ts';

export const redirectUri = 'http://127.0.0.1:5555/cb';

export type RelyingParty = client.Configuration;

export async function discover(
  issuer: string,
  clientId: string,
  { metadata, auth }: { readonly metadata?: Partial<client.ClientMetadata>; readonly auth?: client.ClientAuth } = {},
): Promise<RelyingParty> {
  return client.discovery(new URL(issuer), clientId, metadata, auth ?? client.None(), {
    execute: [client.allowInsecureRequests],
    [client.customFetch]: fetchLightly,
  });
}

/** A `Response` of Node, for `openid-client` takes no other. */
async function fetchLightly(url: string, options: client.CustomFetchOptions): Promise<Response> {
  const { status, headers, arrayBuffer } = await lightFetch(url, options);
  const body = await arrayBuffer();
  return new Response(body.byteLength === 0 ? null : body, {
    status,
    headers: Array.from(headers.keys(), (name): [string, string] => [name, headers.get(name) ?? '']),
  });
}

export interface Request {
  readonly url: string;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly maxAge?: number;
}

export async function authorizationRequest(
  config: RelyingParty,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Request> {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid email profile groups',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    ...parameters,
  });
  return {
    url: url.href,
    verifier,
    state,
    nonce,
    ...(parameters.max_age === undefined ? {} : { maxAge: Number(parameters.max_age) }),
  };
}

export type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>;

export async function redeem(config: RelyingParty, request: Request, callback: string): Promise<Tokens> {
  return client.authorizationCodeGrant(config, new URL(callback), {
    pkceCodeVerifier: request.verifier,
    expectedState: request.state,
    expectedNonce: request.nonce,
    ...(request.maxAge === undefined ? {} : { maxAge: request.maxAge }),
  });
}

export interface TestUser {
  readonly identifier: string;
  readonly password: string;
  /** TOTP key (base32); set when it is enrolled. */
  totp?: string;
  /** Time step of the last code that was used: a step is accepted once. */
  step?: number;
}

/**
 * A code of a step that was not used yet: this one, or the next, which is accepted too. So two codes can be had within
 * half a minute.
 */
export async function nextCode(user: TestUser): Promise<string> {
  if (!user.totp) throw new Error('this user has no TOTP key');
  const step = Math.max(Math.floor(Date.now() / 30_000), (user.step ?? 0) + 1);
  user.step = step;
  return generate({ secret: user.totp, epoch: step * 30 });
}

/**
 * Goes on from a page until the browser leaves to the relying party, or a page comes that the user cannot answer.
 * Returns where, and what was asked.
 */
export async function signIn(
  agent: UserAgent,
  start: string | Page,
  user: TestUser,
): Promise<{ page: Page; asked: string[] }> {
  let page = typeof start === 'string' ? await agent.open(start, {}, redirectUri) : start;
  const asked: string[] = [];
  for (let steps = 0; steps < 12 && !page.url.startsWith(redirectUri); steps += 1) {
    const form = mainForm(page);
    if (!form) return { page, asked };
    asked.push(form.authenticator ? `${form.step}:${form.authenticator}` : form.step);
    const answer = await answerTo(form, page, user);
    if (!answer) return { page, asked };
    const next: Page = await agent.submit(page, form, answer);
    if (next.messages.length > 0 && !next.url.startsWith(redirectUri)) return { page: next, asked };
    page = next;
  }
  return { page, asked };
}

async function answerTo(
  { step, authenticator, fields }: Form,
  page: Page,
  user: TestUser,
): Promise<Record<string, string> | undefined> {
  if (step === 'identify') {
    return {
      identifier: user.identifier,
      ...('credentials.passcode' in fields ? { 'credentials.passcode': user.password } : {}),
    };
  }
  // Of what can be enrolled, the one that takes no device.
  if (step === 'select' && page.html.includes('value="totp"')) return { 'authenticator.id': 'totp' };
  if (step === 'challenge' && authenticator === 'password') return { 'credentials.passcode': user.password };
  if (step === 'enroll' && authenticator === 'totp' && page.secret) {
    user.totp = page.secret;
    return { 'credentials.passcode': await nextCode(user) };
  }
  if (step === 'challenge' && authenticator === 'totp' && user.totp)
    return { 'credentials.passcode': await nextCode(user) };
  return undefined;
}

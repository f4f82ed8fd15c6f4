/**
 * The requests of a relying party and a browser, one function each. The same for both servers: they differ in paths
 * only.
 */
import { createHash } from 'node:crypto';
import type { Answer, Connection } from './connection.ts';
import { type Algorithm, clientIdOf, identifierOf, password, redirectUri, scope } from './servers/scenario.ts';

/** Where a server has its endpoints, by its discovery document. */
export interface Endpoints {
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly userinfo: string;
  readonly discovery: string;
}

/** A relying party with its browser on one connection. */
export interface Client {
  readonly connection: Connection;
  readonly at: Endpoints;
  readonly algorithm: Algorithm;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export async function endpointsOf(connection: Connection, issuer: string): Promise<Endpoints> {
  const metadataUrl = `${issuer}/.well-known/openid-configuration`;
  const document = JSON.parse((await connection.send(metadataUrl, { status: 200 })).body) as Record<string, string>;
  const endpoint = (name: string): string => document[name] ?? '';
  return {
    issuer,
    discovery: metadataUrl,
    authorize: endpoint('authorization_endpoint'),
    token: endpoint('token_endpoint'),
    userinfo: endpoint('userinfo_endpoint'),
  };
}

const verifier = 'v'.repeat(43);
const challenge = createHash('sha256').update(verifier).digest('base64url');

export function authorize({ connection, at, algorithm }: Client): Promise<Answer> {
  const parameters = new URLSearchParams({
    client_id: clientIdOf(algorithm),
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    state: 'state',
    nonce: 'nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  });
  return connection.send(`${at.authorize}?${parameters}`, { status: 303 });
}

export function signInPage(connection: Connection, { next }: Answer): Promise<Answer> {
  return connection.send(next, { status: 200 });
}

/** The page of a sign-in, and the answer that led to it. */
export interface ShownPage {
  readonly start: Answer;
  readonly page: Answer;
}

/** Identifier and password on one page. */
export function submission(connection: Connection, { start, page }: ShownPage, user: number): Promise<Answer> {
  const handle = /name="stateHandle" value="([^"]+)"/.exec(page.body)?.[1];
  const form = {
    identifier: identifierOf(user),
    'credentials.passcode': password,
    ...(handle === undefined ? {} : { stateHandle: handle }),
  };
  return connection.send(start.next, { form, headers: { origin: new URL(start.next).origin }, status: 303 });
}

export function resumption(connection: Connection, { next }: Answer): Promise<Answer> {
  return connection.send(next, { status: 303 });
}

export async function redemption({ connection, at, algorithm }: Client, { next }: Answer): Promise<Tokens> {
  const form = {
    grant_type: 'authorization_code',
    client_id: clientIdOf(algorithm),
    redirect_uri: redirectUri,
    code: new URL(next).searchParams.get('code') ?? '',
    code_verifier: verifier,
  };
  return JSON.parse((await connection.send(at.token, { form, by: 'app', status: 200 })).body) as Tokens;
}

export async function refreshment({ connection, at, algorithm }: Client, tokens: Tokens): Promise<Tokens> {
  const form = {
    grant_type: 'refresh_token',
    client_id: clientIdOf(algorithm),
    refresh_token: tokens.refresh_token,
  };
  return JSON.parse((await connection.send(at.token, { form, by: 'app', status: 200 })).body) as Tokens;
}

export function userinfo(connection: Connection, at: Endpoints, { access_token }: Tokens): Promise<Answer> {
  return connection.send(at.userinfo, { headers: { authorization: `Bearer ${access_token}` }, by: 'app', status: 200 });
}

export function discovery(connection: Connection, at: Endpoints): Promise<Answer> {
  return connection.send(at.discovery, { status: 200 });
}

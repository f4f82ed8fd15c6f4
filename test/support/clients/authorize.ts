/** Whole authorizations, for tests of what comes before and after them. */

import type { Page, UserAgent } from '../pages/user-agent.ts';
import type { TestNode } from '../servers/node.ts';
import { startNode, type TestNodeOptions } from '../servers/node.ts';
import type { StoreUnderTest } from '../stores/stores.ts';
import { type LightHeaders, lightFetch } from './light-fetch.ts';
import {
  authorizationRequest,
  type RelyingParty,
  type Request,
  redeem,
  redirectUri,
  signIn,
  type TestUser,
  type Tokens,
} from './relying-party.ts';

export interface Authorized {
  /** What the user was asked, in order. */
  readonly asked: readonly string[];
  readonly request: Request;
  /** The address that the browser came back to. */
  readonly callback: string;
  readonly tokens: Tokens;
}

/** Signs in as far as it takes and redeems the code. Rejects when the browser does not come back with one. */
export async function authorize(
  app: RelyingParty | { readonly config: RelyingParty; readonly parameters: Readonly<Record<string, string>> },
  agent: UserAgent,
  user: TestUser,
): Promise<Authorized> {
  const { config, parameters } = 'config' in app ? app : { config: app, parameters: {} };
  const request = await authorizationRequest(config, parameters);
  const { page, asked } = await signIn(agent, request.url, user);
  if (!page.url.startsWith(redirectUri))
    throw new Error(`stuck at ${page.url} ${page.status} ${page.messages}\n${page.html}`);
  return { asked, request, callback: page.url, tokens: await redeem(config, request, page.url) };
}

/** `prompt=none`: the error, or what came back without any page. */
export async function authorizeSilently(
  config: RelyingParty,
  agent: UserAgent,
  parameters: Readonly<Record<string, string>> = {},
): Promise<{ readonly error?: string; readonly tokens?: Tokens }> {
  const request = await authorizationRequest(config, { prompt: 'none', ...parameters });
  const page = await agent.open(request.url, {}, redirectUri);
  if (!page.url.startsWith(redirectUri)) throw new Error(`a page came: ${page.url} ${page.status}`);
  const error = new URL(page.url).searchParams.get('error');
  return error === null ? { tokens: await redeem(config, request, page.url) } : { error };
}

/** Answers the sign-out page. */
export async function signOut(agent: UserAgent, url: string, answer: 'everywhere' | 'stay'): Promise<Page> {
  const page = await agent.open(url, {}, 'http://127.0.0.1/');
  // An app that shows an ID token of the session signs the user out without a question.
  if (page.url.startsWith('http://127.0.0.1/') || page.url.endsWith('/logout/success')) return page;
  const form = page.forms.find(({ fields }) => 'xsrf' in fields && 'logout' in fields);
  if (!form) throw new Error(`no sign-out page: ${page.url} ${page.status}\n${page.html}`);
  const { logout: _, ...rest } = form.fields;
  return agent.submit(page, { ...form, fields: rest }, answer === 'everywhere' ? { logout: 'yes' } : {});
}

export interface OpenNode {
  readonly node: TestNode;
  /** Another node on the same store, for the same issuer. */
  readonly second: (options?: Pick<TestNodeOptions, 'sendOutbox'>) => Promise<TestNode>;
  /** So many seconds go by in the store; the clock of the node is its own. */
  readonly pass: (seconds: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** A node on a store of its own; `stop` stops everything that was started from it. */
export async function openNode(
  { open }: StoreUnderTest,
  options: Omit<TestNodeOptions, 'store' | 'issuer'> = {},
): Promise<OpenNode> {
  const opened = await open();
  const node = await startNode({ ...options, store: opened.store }).catch(async (error: unknown) => {
    await opened.stop();
    throw error;
  });
  const others: TestNode[] = [];
  return {
    node,
    pass: opened.pass,
    async second(more = {}) {
      const { now } = options;
      const own = { store: await opened.again(), issuer: node.issuer, ...more };
      const other = await startNode({ ...own, ...(now ? { now } : {}) });
      others.push(other);
      return other;
    },
    async stop() {
      for (const other of others) await other.stop();
      await node.stop();
      await opened.stop();
    },
  };
}

export interface AppFile {
  readonly name?: string;
  readonly firstParty?: boolean;
  readonly hidden?: boolean;
  readonly identify?: Readonly<Record<string, unknown>>;
  readonly requiredScopes?: readonly string[];
  readonly signOnPolicy?: string;
  readonly profilePolicy?: string;
  readonly clientSecretHash?: string;
  readonly pkce?: string;
  readonly popups?: boolean;
  readonly scopeClaimsInIdToken?: boolean;
  readonly refreshTokenGrace?: string;
  readonly securityProfile?: string;
  readonly logo?: string;
  readonly brand?: Readonly<Record<string, unknown>>;
  readonly client?: Readonly<Record<string, unknown>>;
}

/** `apps/<clientId>.yaml` of a public native client, with other metadata laid over it. */
export function appFile(clientId: string, app: AppFile = {}): Readonly<Record<string, string>> {
  const content = {
    clientId,
    name: clientId,
    signOnPolicy: 'notes',
    ...app,
    client: {
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/cb'],
      post_logout_redirect_uris: ['http://127.0.0.1/'],
      ...app.client,
    },
  };
  return { [`apps/${clientId}.yaml`]: JSON.stringify(content) };
}

/** Posts a form as a client does. */
export async function post(
  url: string,
  fields: Readonly<Record<string, string>> | URLSearchParams,
  headers: Readonly<Record<string, string>> = {},
): Promise<{
  readonly status: number;
  readonly headers: LightHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}> {
  const response = await lightFetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { ...headers },
  });
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : {} };
}

/** What the endpoints of the protocol take. */
import { networkOf } from '../../../src/authenticators/shared/sending-quotas.ts';
import { userCodeAttemptsCounter } from '../../../src/stores/keys.ts';
import { post } from '../clients/authorize.ts';
import { lightFetch } from '../clients/light-fetch.ts';
import { authorization, postToken } from '../clients/raw-client.ts';
import { redirectUri } from '../clients/relying-party.ts';
import { beginSignIn, currentStep } from '../clients/sign-in-flow.ts';
import { UserAgent } from '../pages/user-agent.ts';
import { app, deviceGrant, parPrefix } from './apps.ts';
import { type Fields, get, seen } from './browser-at-page.ts';
import type { FlowsInProgress } from './flows-in-progress.ts';
import type { TestedInput } from './tested-input.ts';

/** A field of the token endpoint, among others that are right. */
function token(field: string, takes: string, rest: (flows: FlowsInProgress) => Fields): TestedInput {
  return {
    name: `/oauth2/v1/token, ${field}`,
    takes: [takes],
    taken: 'tokens',
    counts: 'once',
    refusals: ['invalid_grant'],
    async submit(flows, value) {
      const { tokens, error = '' } = await postToken(flows.node.issuer, {
        client_id: app,
        ...rest(flows),
        [field]: value,
      });
      return tokens ? 'tokens' : error;
    },
  };
}

async function introspected({ node }: FlowsInProgress, tokenText: string, hint: Fields = {}): Promise<string> {
  const { body } = await post(`${node.issuer}/oauth2/v1/introspect`, { client_id: app, token: tokenText, ...hint });
  return String(body.error ?? body.active);
}

/** A parameter of an authorization request that is otherwise as usual. What comes back. */
async function asked({ node, home }: FlowsInProgress, parameters: Fields): Promise<string> {
  const page = await home.open(authorization(node.issuer, app, { prompt: 'none', ...parameters }).url, {}, redirectUri);
  return seen(page);
}

const hints: readonly Fields[] = [{}, { token_type_hint: 'access_token' }, { token_type_hint: 'refresh_token' }];

/** For any token type that the request states. */
async function withHints(submit: (hint: Fields) => Promise<string>): Promise<string> {
  const answers: string[] = [];
  for (const hint of hints) answers.push(await submit(hint));
  return [...new Set(answers)].join(' ');
}

/** In a browser without a session: with the ID token of its own session it would be signed out at once. */
async function logout({ node }: FlowsInProgress, parameters: Fields): Promise<string> {
  const page = await get(new UserAgent(), node, `/oauth2/v1/logout?${new URLSearchParams(parameters)}`);
  return page.forms.some(({ fields }) => 'xsrf' in fields) ? 'asks' : seen(page);
}

const errors = ['oauth.invalid_request', 'invalid_request', 'oauth.invalid_client'];

export const endpointInputs: readonly TestedInput[] = [
  ...(['authorization', 'access_token'] as const).map(
    (as): TestedInput => ({
      name: `/oauth2/v1/userinfo, ${as}`,
      takes: ['access token', 'another access token'],
      taken: '200',
      counts: 'always',
      refusals: ['401', '400'],
      async submit({ node }, value) {
        const url = `${node.issuer}/oauth2/v1/userinfo`;
        const answer =
          as === 'authorization'
            ? await lightFetch(url, { headers: { authorization: `Bearer ${encodeURI(value)}` } })
            : await lightFetch(url, { method: 'POST', body: new URLSearchParams({ access_token: value }) });
        await answer.arrayBuffer();
        return String(answer.status);
      },
    }),
  ),
  {
    name: '/oauth2/v1/introspect, token',
    takes: ['access token', 'another access token', 'refresh token'],
    taken: 'true',
    counts: 'always',
    refusals: ['false', 'unsupported_token_type', 'invalid_request'],
    submit: (flows, value) => withHints((hint) => introspected(flows, value, hint)),
  },
  {
    name: '/oauth2/v1/revoke, token',
    takes: ['another access token', 'access token', 'refresh token'],
    taken: 'revoked',
    counts: 'always',
    refusals: ['nothing', 'unsupported_token_type'],
    async submit(flows, value) {
      const { issuer } = flows.node;
      const answer = await withHints(async (hint) => {
        const { body } = await post(`${issuer}/oauth2/v1/revoke`, { client_id: app, token: value, ...hint });
        return String(body.error ?? 'nothing');
      });
      const { access = '', other = '', refresh = '' } = flows.tokens;
      const alive = await Promise.all([access, other, refresh].map((presented) => introspected(flows, presented)));
      return alive.every((active) => active === 'true') ? answer : 'revoked';
    },
  },
  ...(['request_uri', 'request_uri, as a pushed one'] as const).map(
    (name, at): TestedInput => ({
      name: `/oauth2/v1/authorize, ${name}`,
      takes: [at === 0 ? 'request_uri' : 'id of a pushed request'],
      taken: 'code',
      counts: 'once',
      refusals: ['invalid_request_uri', 'request_uri_not_supported'],
      async submit({ node, home }, value) {
        const query = new URLSearchParams({
          client_id: app,
          redirect_uri: redirectUri,
          request_uri: at === 0 ? value : `${parPrefix}${value}`,
        });
        const { url } = await home.open(`${node.issuer}/oauth2/v1/authorize?${query}`, {}, redirectUri);
        const answer = new URL(url).searchParams;
        return answer.has('code') ? 'code' : (answer.get('error') ?? url);
      },
    }),
  ),
  {
    name: '/oauth2/v1/authorize, id_token_hint',
    takes: ['ID token'],
    taken: 'code',
    counts: 'always',
    refusals: errors,
    submit: (flows, value) => asked(flows, { id_token_hint: value }),
  },
  {
    name: '/oauth2/v1/authorize, client_id',
    takes: ['id of the app'],
    taken: 'code',
    counts: 'always',
    refusals: ['oauth.invalid_client'],
    submit: (flows, value) => asked(flows, { client_id: value }),
  },
  {
    name: '/oauth2/v1/authorize, login_hint',
    takes: ['identifier'],
    taken: 'identify',
    counts: 'always',
    // A hint only fills in the identifier.
    refusals: ['identify'],
    async submit({ node }, value) {
      return seen((await beginSignIn(node, { client_id: app, login_hint: value }, undefined)).page);
    },
  },
  {
    name: '/device, user_code',
    takes: ['user code'],
    taken: 'confirm',
    counts: 'always',
    refusals: ['device.invalid'],
    async submit({ node }, value) {
      // A browser and a network may try a few codes only.
      const networks = ['127.0.0.1', '::1'].map((ip) => userCodeAttemptsCounter('network', networkOf(ip)));
      await node.store.commit(networks.map((counter) => ({ op: 'reset', counter })));
      const agent = new UserAgent();
      const page = await get(agent, node, '/device');
      const next = await agent.submit(page, page.forms[0], { user_code: value });
      return next.forms.some(({ fields }) => 'confirm' in fields) ? 'confirm' : seen(next);
    },
  },
  {
    name: '/device, xsrf',
    takes: ['secret of the device page'],
    taken: 'confirm',
    counts: 'always',
    refusals: ['device.failed'],
    async submit({ node, approver, device }, value) {
      const body = new URLSearchParams({ xsrf: value, user_code: device.user });
      const next = await approver.open(`${node.issuer}/device`, { method: 'POST', body });
      return next.forms.some(({ fields }) => 'confirm' in fields) ? 'confirm' : seen(next);
    },
  },
  {
    name: '/oauth2/v1/logout, id_token_hint',
    takes: ['ID token'],
    taken: 'asks',
    counts: 'always',
    refusals: errors,
    submit: (flows, value) => logout(flows, { id_token_hint: value }),
  },
  {
    name: '/oauth2/v1/logout, client_id',
    takes: ['id of the app'],
    taken: 'asks',
    counts: 'always',
    refusals: ['oauth.invalid_client'],
    submit: (flows, value) => logout(flows, { client_id: value }),
  },
  {
    name: '/oauth2/v1/logout, logout_hint',
    takes: ['sid'],
    taken: 'asks',
    counts: 'always',
    // Nothing is looked up by it: the user is asked, as without it.
    refusals: ['asks'],
    submit: (flows, value) => logout(flows, { logout_hint: value }),
  },
  {
    name: '/oauth2/v1/logout/confirm, xsrf',
    takes: ['secret of the logout page'],
    taken: 'signed out',
    counts: 'once',
    refusals: errors,
    async submit({ node, leaver }, value) {
      const body = new URLSearchParams({ xsrf: value, logout: 'yes' });
      const action = leaver.page.forms.find(({ fields }) => 'xsrf' in fields)?.action ?? '';
      const page = await leaver.agent.open(new URL(action, node.issuer).href, { method: 'POST', body });
      const own = await get(leaver.agent, node, '/account');
      return currentStep(own) !== 'identify' || page.status >= 400 ? seen(page) : 'signed out';
    },
  },
  token('device_code', 'device code', () => ({ grant_type: deviceGrant })),
  // Within the grace of its family it counts again, and the clock of the node stands still (decision 56).
  { ...token('refresh_token', 'refresh token', () => ({ grant_type: 'refresh_token' })), counts: 'always' },
  token('code', 'code', (flows) => ({
    grant_type: 'authorization_code',
    redirect_uri: redirectUri,
    code_verifier: flows.brief().request.verifier,
  })),
];

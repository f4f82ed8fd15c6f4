/** What a browser may send as a cookie. */
import { lightFetch } from '../clients/light-fetch.ts';
import { authorization } from '../clients/raw-client.ts';
import { redirectUri } from '../clients/relying-party.ts';
import { cookieOf } from '../clients/returning-browser.ts';
import { answerStep, currentStep } from '../clients/sign-in-flow.ts';
import { UserAgent } from '../pages/user-agent.ts';
import { beginIdentified, chooseAuthenticator } from '../users/prove-capabilities.ts';
import { app, vault } from './apps.ts';
import type { FlowsInProgress } from './flows-in-progress.ts';
import { cookieAt } from './handed-out-values.ts';
import type { TestedInput } from './tested-input.ts';

export interface SignedCookie {
  readonly name: string;
  /** Of the browser that has it. */
  genuine(flows: FlowsInProgress): { readonly value: string; readonly signature: string };
  /** Sends exactly these cookies where this one counts. The status, or where the browser is sent. */
  send(flows: FlowsInProgress, cookies: string): Promise<string>;
}

async function answerTo(url: string, cookie: string): Promise<string> {
  const answer = await lightFetch(url, { headers: { cookie, accept: 'text/html' } });
  await answer.arrayBuffer();
  const to = answer.headers.get('location') ?? '';
  if (!to.startsWith(redirectUri)) return String(answer.status);
  const query = new URL(to).searchParams;
  return query.has('code') ? 'code' : (query.get('error') ?? '');
}

/** Where the page leads on: `restart`, the kept request from its beginning, or `account`. */
async function nextAt(url: string, cookie: string): Promise<string> {
  const answer = await lightFetch(url, { headers: { cookie, accept: 'text/html' } });
  const [, kind] = /data-next="(\w+)"/.exec(await answer.text()) ?? [];
  return kind ?? String(answer.status);
}

export const signedCookies: readonly SignedCookie[] = [
  {
    name: 'stepgate-interaction',
    genuine({ node, desk, signIns }) {
      const uid = signIns['select, handle']?.uid ?? '';
      return { value: uid, signature: cookieAt(desk, node.issuer, { end: 'interaction.sig', part: uid }) };
    },
    send: ({ node, signIns }, cookies) => answerTo(`${node.issuer}/signin/${signIns['select, handle']?.uid}`, cookies),
  },
  {
    name: 'stepgate-resume',
    genuine({ node, resumable }) {
      const { agent, uid } = resumable;
      return { value: uid, signature: cookieAt(agent, node.issuer, { end: 'resume.sig', part: uid }) };
    },
    // The browser has the secret of its proof, too (Law 15): here it is about the cookie that says what is resumed.
    send({ node, resumable: { agent, uid } }, cookies) {
      const secret = cookieAt(agent, node.issuer, { end: 'stepgate-proof', part: uid });
      return answerTo(`${node.issuer}/oauth2/v1/authorize/${uid}`, `${cookies}; stepgate-proof=${secret}`);
    },
  },
  {
    name: 'stepgate-session',
    genuine({ node, home }) {
      const name = 'stepgate-session';
      return { value: cookieOf(home, node.issuer, name), signature: cookieOf(home, node.issuer, `${name}.sig`) };
    },
    send: ({ node }, cookies) => answerTo(authorization(node.issuer, app, { prompt: 'none' }).url, cookies),
  },
  {
    name: 'stepgate-request',
    genuine({ node, desk, signIns }) {
      const part = signIns['select, handle']?.uid ?? '';
      const name = 'stepgate-request';
      return {
        value: cookieAt(desk, node.issuer, { end: name, part }),
        signature: cookieAt(desk, node.issuer, { end: `${name}.sig`, part }),
      };
    },
    // Without the cookie of the sign-in its page says that it is over, and where the user can go on.
    send: ({ node, signIns }, cookies) => nextAt(`${node.issuer}/signin/${signIns['select, handle']?.uid}`, cookies),
  },
];

/** Values of cookies hold these characters only (RFC 6265 section 4.1.1). */
const asCookie = (value: string): string => value.replace(/[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/g, '');

/** Without a signature, and with the one that belongs to the cookie. */
function signedPlace(
  cookie: SignedCookie,
  takes: string,
  { refused, taken }: { readonly refused: string; readonly taken: string },
): TestedInput {
  return {
    name: `cookie ${cookie.name}`,
    takes: [takes],
    taken: `${refused}, ${taken}`,
    counts: taken === 'code' && cookie.name.endsWith('resume') ? 'once' : 'always',
    refusals: [`${refused}, ${refused}`],
    async submit(flows, value) {
      const pair = `${cookie.name}=${asCookie(value)}`;
      const unsigned = await cookie.send(flows, pair);
      const { signature } = cookie.genuine(flows);
      return `${unsigned}, ${await cookie.send(flows, `${pair}; ${cookie.name}.sig=${signature}`)}`;
    },
  };
}

type Four<T> = readonly [T, T, T, T];
const [interaction, resume, session, request] = signedCookies as Four<SignedCookie>;

export const cookieInputs: readonly TestedInput[] = [
  signedPlace(interaction, 'uid of a third sign-in', { refused: '410', taken: '200' }),
  // What cannot be resumed leads to the page of its sign-in.
  signedPlace(resume, 'uid of another finished sign-in', { refused: '303', taken: 'code' }),
  signedPlace(session, 'session cookie', { refused: 'login_required', taken: 'code' }),
  signedPlace(request, 'kept request', { refused: 'account', taken: 'restart' }),
  {
    name: 'cookie stepgate-device',
    takes: ['device cookie'],
    taken: 'waived',
    counts: 'always',
    refusals: ['asked'],
    // The password is proved in any case; the cookie is about what comes after it.
    onTheWay: ['authenticator.verified:password'],
    async submit({ node, who }, value) {
      const agent = new UserAgent();
      agent.setCookie(node.issuer, `stepgate-device=${asCookie(value)}; Path=/`);
      const begun = await beginIdentified({ issuer: node.issuer, agent }, vault, who);
      const page = await chooseAuthenticator(agent, begun.page, 'password');
      const next = await answerStep(agent, page, await who.answer('password', page, agent));
      return currentStep(next) === 'code' ? 'waived' : 'asked';
    },
  },
];

/** What was handed out so far, by name: each is a text that an attacker may put where it does not belong. */

import { claimsOf } from '../clients/raw-client.ts';
import { cookieOf } from '../clients/returning-browser.ts';
import { formOf } from '../clients/sign-in-flow.ts';
import { codeIn, linkIn } from '../messages/mail.ts';
import { mainForm, type Page, type UserAgent } from '../pages/user-agent.ts';
import { optionsOf } from '../pages/webauthn.ts';
import { password } from '../servers/node.ts';
import { app } from './apps.ts';
import type { Fields } from './browser-at-page.ts';
import type { FlowsInProgress } from './flows-in-progress.ts';
import { fieldOf } from './user-paths.ts';

/** The forms of `/account`: where each stands, and what is typed into it. */
export const accountForms = {
  rename: { path: 'authenticator', fields: { label: 'Authenticator app' } },
  remove: { path: 'authenticator', fields: {} },
  end: { path: 'session', fields: {} },
  'end-others': { path: 'others', fields: {} },
  'forget-device': { path: 'device', fields: {} },
  'add-address': { path: 'add', fields: { email: 'further@demo.test' } },
  // No code at all: what is said about it shows that the form was taken.
  'confirm-address': { path: 'confirm', fields: { passcode: 'x' } },
  'resend-address': { path: 'confirm', fields: {} },
  'remove-address': { path: 'address', fields: {} },
} as const satisfies Readonly<Record<string, { readonly path: string; readonly fields: Fields }>>;

export type AccountForm = keyof typeof accountForms;

/** Pages of the account by what they are about. */
export function accountPath(values: Fields, path: string): string {
  const named: Fields = {
    authenticator: `authenticators/${values['id of an enrollment']}`,
    session: `sessions/${values['name of a session']}`,
    others: 'sessions/others',
    device: `devices/${values['name of a remembered browser']}`,
    add: 'addresses/add',
    confirm: 'addresses/confirm',
    address: `addresses/${values['name of an address']}`,
  };
  return `/account/${named[path]}`;
}

/** Names that the pages have for what is in the account. */
async function namesIn({ home, node }: FlowsInProgress): Promise<Fields> {
  const pages = await Promise.all(
    ['methods', 'devices', 'notifications'].map((part) => home.open(`${node.issuer}/account/${part}`)),
  );
  const html = pages.map((page) => page.html).join('\n');
  const first = (pattern: RegExp): string => pattern.exec(html)?.[1] ?? '';
  return {
    'id of the access code': first(/\/authenticators\/([\w-]+)" aria-label="Manage Temporary access code"/),
    'id of an enrollment': first(/\/authenticators\/([\w-]+)" aria-label="Manage Authenticator app"/),
    'name of a session': first(/\/sessions\/([\w-]{43})"/),
    'name of a remembered browser': first(/\/devices\/([\w-]+)"/),
    'name of an address': first(/\/addresses\/([\w-]{43})"/),
  };
}

async function handlesIn({ home, node }: FlowsInProgress, names: Fields): Promise<Fields> {
  const handles: Record<string, string> = {};
  for (const [step, { path }] of Object.entries(accountForms)) {
    const page = await home.open(`${node.issuer}${accountPath(names, path)}`);
    handles[`handle of ${step}`] = formOf(page, step)?.fields.stateHandle ?? '';
  }
  return handles;
}

function ofSteps({ signIns, offers }: FlowsInProgress): Fields {
  const handle = (page: Page | undefined): string => (page ? (mainForm(page)?.fields.stateHandle ?? '') : '');
  const challenge = (page: Page | undefined): string => String(page ? optionsOf(page).challenge : '');
  return {
    'handle of identify': handle(signIns.identify?.page),
    'handle of another identify': handle(signIns['identify, password']?.page),
    'handle of select': handle(signIns['select, handle']?.page),
    'handle of challenge:password': handle(signIns['challenge:password, handle']?.page),
    'handle of another challenge:password': handle(signIns['challenge:password']?.page),
    'handle of challenge:email': handle(signIns['challenge:email']?.page),
    'handle of enroll:webauthn': handle(offers['webauthn, handle']?.page),
    'handle of enroll:recovery_code': handle(offers.recovery_code?.page),
    'challenge of identify': challenge(signIns['identify, passkey']?.page),
    'challenge of challenge:webauthn': challenge(signIns['challenge:webauthn']?.page),
    'challenge of enroll:webauthn': challenge(offers.webauthn?.page),
  };
}

/** The cookie of this name (its end) that is sent to this path. */
export function cookieAt(
  agent: UserAgent,
  issuer: string,
  { end, part }: { readonly end: string; readonly part: string },
): string {
  return agent.cookies(issuer).find(({ name, path }) => name.endsWith(end) && path.includes(part))?.value ?? '';
}

const tokenIn = (text: string): string => new URL(linkIn({ text })).searchParams.get('t') ?? '';

export type Values = Readonly<Record<string, string>>;

/** All of them, as they are at this moment. */
export async function valuesOf(flows: FlowsInProgress): Promise<Values> {
  const names = await namesIn(flows);
  return {
    password,
    'answer to a question': 'Ottokar von Bärbach',
    identifier: flows.who.identifier,
    'id of the account': flows.who.id,
    'id of the app': app,
    'key of an authenticator': 'webauthn',
    'a new address': 'third@demo.test',
    ...namesOfSignIns(flows),
    ...ofSteps(flows),
    ...(await secretsIn(flows)),
    ...names,
    ...(await handlesIn(flows, names)),
    'yes to what is lost': flows.codes.lost ?? '',
    ...grantsIn(flows),
    ...(await cookiesIn(flows)),
  };
}

function namesOfSignIns({ signIns, finished, resumable, approved }: FlowsInProgress): Values {
  const mailed = signIns['challenge:email'];
  const query = new URL(mailed?.request.url ?? '').searchParams;
  return {
    'uid of a sign-in': mailed?.uid ?? '',
    'uid of a third sign-in': signIns['select, handle']?.uid ?? '',
    'uid of a finished sign-in': finished.uid,
    'uid of another finished sign-in': resumable.uid,
    'uid of a finished sign-in for a device': approved.uid,
    'state of the app': query.get('state') ?? '',
    'nonce of the app': query.get('nonce') ?? '',
  };
}

/** What proves something, or would after an enrollment. */
async function secretsIn({ who, desk, signIns, offers, mails, codes, totp }: FlowsInProgress): Promise<Values> {
  const assertion = await who.answer('passkey', signIns['challenge:webauthn']?.page as Page, desk);
  return {
    'code in a mail': codeIn({ text: mails.first }),
    'link in a mail': tokenIn(mails.first),
    'code in another mail': codeIn({ text: mails.second }),
    'link in another mail': tokenIn(mails.second),
    'code on the phone': codes.phone ?? '',
    'TOTP key': totp.key,
    'TOTP code': totp.code,
    'offered TOTP key': offers.totp?.page.secret ?? '',
    'TOTP code of the offered key': codes.offered ?? '',
    'recovery code': codes.recovery ?? '',
    'access code': codes.access ?? '',
    'code for a new address': codes['new address'] ?? '',
    'code for a new number': codes['new number'] ?? '',
    'code for an address for news': codes.news ?? '',
    'user handle': assertion['credentials.userHandle'] ?? '',
    'credential id': assertion['credentials.credentialId'] ?? '',
  };
}

/** What lives for a minute. */
export function briefIn(flows: Pick<FlowsInProgress, 'brief'>): Values {
  const { code, requestUri, pushed } = flows.brief();
  return { code, request_uri: requestUri, 'id of a pushed request': pushed };
}

function grantsIn(flows: FlowsInProgress): Values {
  const { tokens, device } = flows;
  return {
    ...briefIn(flows),
    'access token': tokens.access ?? '',
    'another access token': tokens.other ?? '',
    'refresh token': tokens.refresh ?? '',
    'ID token': tokens.id ?? '',
    'JWT access token': tokens.api ?? '',
    'logout token': tokens.logout ?? '',
    'jti of a JWT access token': String(claimsOf(tokens.api).jti),
    sid: String(claimsOf(tokens.id).sid),
    'device code': device.code,
    'user code': device.user,
  };
}

async function cookiesIn({ node, home, desk, signIns, finished, leaver, approver }: FlowsInProgress): Promise<Values> {
  const { issuer } = node;
  const third = signIns['select, handle']?.uid ?? '';
  const interaction = { end: 'interaction.sig', part: signIns['challenge:email']?.uid ?? '' };
  return {
    'session cookie': cookieOf(home, issuer, 'stepgate-session'),
    'signature of the session cookie': cookieOf(home, issuer, 'stepgate-session.sig'),
    'signature of an interaction cookie': cookieAt(desk, issuer, interaction),
    'signature of a resume cookie': cookieAt(finished.agent, issuer, { end: 'resume.sig', part: finished.uid }),
    'kept request': cookieAt(desk, issuer, { end: 'stepgate-request', part: third }),
    'signature of a kept request': cookieAt(desk, issuer, { end: 'stepgate-request.sig', part: third }),
    'kept request of another sign-in': cookieAt(desk, issuer, { ...interaction, end: 'stepgate-request' }),
    'device cookie': cookieOf(home, issuer, 'stepgate-device'),
    'secret of the logout page': fieldOf(leaver.page, 'xsrf'),
    'secret of the device page': fieldOf(await approver.open(`${issuer}/device`), 'xsrf'),
  };
}

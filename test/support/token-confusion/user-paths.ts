/** The paths of the one user, each as far as a value was handed out. */
import { generate } from 'otplib';
import { post } from '../clients/authorize.ts';
import type { NotifiedParty } from '../clients/notified-party.ts';
import { authorization, redeemCode } from '../clients/raw-client.ts';
import { redirectUri } from '../clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, formOf, type SignIn } from '../clients/sign-in-flow.ts';
import { codeIn, inboxOf, linkIn, mailTo } from '../messages/mail.ts';
import { codeFor, mobileNumber } from '../messages/phone.ts';
import { mainForm, type Page, UserAgent } from '../pages/user-agent.ts';
import type { TestNode } from '../servers/node.ts';
import { type CapabilityName, capabilities, type Holder } from '../users/enrolled-users.ts';
import { beginIdentified, chooseAuthenticator, name } from '../users/prove-capabilities.ts';
import { until } from '../values/until.ts';
import { app, question, vault } from './apps.ts';
import type { BrowserAtPage, Fields } from './browser-at-page.ts';

/** A value in a form of the page. */
export function fieldOf(page: Page, field: string, stepName?: string): string {
  const form = page.forms.find(
    (candidate) => field in candidate.fields && (stepName === undefined || candidate.step === stepName),
  );
  if (!form) throw new Error(`no ${stepName ?? 'form'} with ${field} on ${page.url} ${page.status}\n${page.html}`);
  return form.fields[field] ?? '';
}

/** Sends a form of the page, and must come to `where`. */
async function step({ agent, page }: BrowserAtPage, fields: Fields, where: string): Promise<BrowserAtPage> {
  const next = await answerStep(agent, page, fields);
  if (currentStep(next) !== where)
    throw new Error(`${currentStep(next)} instead of ${where} ${next.messages}\n${next.html}`);
  return { agent, page: next };
}

/** The open step of a sign-in, e.g. `challenge:email`. */
export async function reach(
  { node, who, agent }: { readonly node: TestNode; readonly who: Holder; readonly agent: UserAgent },
  where: string,
): Promise<SignIn> {
  if (where === 'identify') return beginSignIn(node, app, agent);
  if (where === 'challenge:security_question') return reachQuestion(node, who, agent);
  const begun = await beginIdentified({ issuer: node.issuer, agent }, app, who);
  const challenged = (Object.keys(capabilities) as CapabilityName[]).find(
    (capability) => where === `challenge:${capabilities[capability].authenticator}`,
  );
  const page = challenged
    ? await chooseAuthenticator(agent, begun.page, challenged)
    : await agent.submit(begun.page, formOf(begun.page, 'select'));
  if (currentStep(page) !== where)
    throw new Error(`${currentStep(page)} instead of ${where} ${page.messages}\n${page.html}`);
  return { ...begun, page };
}

/** It is asked last. */
async function reachQuestion(node: TestNode, who: Holder, agent: UserAgent): Promise<SignIn> {
  const begun = await beginIdentified({ issuer: node.issuer, agent }, question, who);
  const page = await chooseAuthenticator(agent, begun.page, 'passkey');
  const answer = await who.answer('passkey', page, agent);
  return { ...begun, ...(await step({ agent, page }, answer, 'challenge:security_question')) };
}

/** Signs in with the passkey. */
export async function withKey(node: TestNode, who: Holder, agent: UserAgent): Promise<UserAgent> {
  const begun = await reach({ node, who, agent }, 'challenge:webauthn');
  await step(begun, await who.answer('passkey', begun.page, agent), 'code');
  return agent;
}

/** Signs in with both factors, and is remembered. */
export async function remembered(node: TestNode, who: Holder): Promise<UserAgent> {
  const agent = new UserAgent();
  const begun = await beginIdentified({ issuer: node.issuer, agent }, vault, who);
  const atPassword = await chooseAuthenticator(agent, begun.page, 'password');
  const proved = await answerStep(agent, atPassword, await who.answer('password', atPassword, agent));
  const page = await chooseAuthenticator(agent, proved, 'passkey');
  await step({ agent, page }, { ...(await who.answer('passkey', page, agent)), rememberDevice: 'yes' }, 'code');
  return agent;
}

/** Codes of the steps after the last one that counted. */
export async function totpCodes(key: string, now: number): Promise<readonly [string, string]> {
  const [first, second] = [0, 30].map((later) => generate({ secret: key, epoch: now + later }));
  return [(await first) ?? '', (await second) ?? ''];
}

export async function enrolledTotp({ issuer }: TestNode, agent: UserAgent, now: number) {
  const page = await agent.open(`${issuer}/account/add/totp`);
  const key = page.secret ?? '';
  const [first, code] = await totpCodes(key, now);
  const done = await answerStep(agent, page, { 'credentials.passcode': first });
  if (!done.messages.includes('account.done.added')) throw new Error(`${done.url} ${done.messages}\n${done.html}`);
  return { key, code };
}

/** What the app is told when the user signs out. */
export async function logoutToken(node: TestNode, who: Holder, party: NotifiedParty): Promise<string> {
  const agent = await withKey(node, who, new UserAgent());
  const page = await agent.open(`${node.issuer}/oauth2/v1/logout`);
  await agent.submit(
    page,
    page.forms.find(({ fields }) => 'logout' in fields),
    { logout: 'yes' },
  );
  await until('a logout token', () => party.notices.length > 0);
  return party.notices[0]?.logoutToken ?? '';
}

/** Asks the browser of a session for a code. */
export async function silently({ issuer }: TestNode, agent: UserAgent, parameters: Fields = {}) {
  const request = authorization(issuer, app, { prompt: 'none', ...parameters });
  const { url } = await agent.open(request.url, {}, redirectUri);
  const code = new URL(url).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${url}`);
  return { request, code, url };
}

export async function tokensFor(node: TestNode, agent: UserAgent, parameters: Fields = {}) {
  const { request, url } = await silently(node, agent, parameters);
  const { tokens, error } = await redeemCode(node.issuer, request, url);
  if (!tokens) throw new Error(error);
  return tokens;
}

export async function pushed({ issuer }: TestNode): Promise<string> {
  const { searchParams } = new URL(authorization(issuer, app).url);
  return String((await post(`${issuer}/oauth2/v1/par`, searchParams)).body.request_uri);
}

/** Pages of `/account` on which something is enrolled, as far as the last stage. */
export async function openOffers({ issuer }: TestNode, agent: UserAgent, forget: () => Promise<void>) {
  const offer = async (key: string): Promise<BrowserAtPage> => ({
    agent,
    page: await agent.open(`${issuer}/account/add/${key}`),
  });
  const sent = async (key: string, fields: Fields): Promise<BrowserAtPage> => {
    await forget();
    return step(await offer(key), fields, `enroll:${key}`);
  };
  return {
    totp: await offer('totp'),
    email: await offer('email'),
    'email, code': await sent('email', { 'credentials.email': 'second@demo.test' }),
    phone: await offer('phone'),
    'phone, code': await sent('phone', {
      'credentials.phoneNumber': mobileNumber(),
      'authenticator.methodType': 'sms',
    }),
    webauthn: await offer('webauthn'),
    'webauthn, handle': await offer('webauthn'),
    recovery_code: await offer('recovery_code'),
  };
}

/** One address that is notified of changes, and one that waits for its code. */
export async function addAddresses(node: TestNode, agent: UserAgent, forget: () => Promise<void>): Promise<string> {
  const add = async (email: string): Promise<Page> => {
    const page = await agent.open(`${node.issuer}/account/addresses/add`);
    const asked = await agent.submit(page, formOf(page, 'add-address'), { email });
    await forget();
    return asked;
  };
  const asked = await add('news@demo.test');
  const passcode = codeIn(await mailTo(node, 'news@demo.test'));
  await agent.submit(asked, formOf(asked, 'confirm-address'), { passcode });
  await add('more-news@demo.test');
  return codeIn(await mailTo(node, 'more-news@demo.test'));
}

/** The mail of this sign-in. */
export async function mailOf(node: TestNode, { uid }: SignIn): Promise<string> {
  const find = async () => (await inboxOf(node)).find((message) => linkIn(message).includes(`/signin/${uid}/`));
  await until('the mail of a sign-in', async () => (await find()) !== undefined);
  return (await find())?.text ?? '';
}

/** The code of the newest text message, once there are `count`. */
export async function texted(node: TestNode, count: number): Promise<string> {
  const all = async () => (await inboxOf(node)).filter(({ channel }) => channel === 'sms');
  await until(`text message ${count}`, async () => (await all()).length >= count);
  const [newest] = await all();
  return newest ? codeFor(newest) : '';
}

export async function passcodeOf(who: Holder, capability: CapabilityName, agent: UserAgent): Promise<string> {
  const anyPage = {} as Page;
  return (await who.answer(capability, anyPage, agent))['credentials.passcode'] ?? '';
}

/** What a user must confirm who removes the access code: without it they lose an app. */
export async function yesToRemove({ issuer }: TestNode, agent: UserAgent): Promise<string> {
  const { html } = await agent.open(`${issuer}/account/methods`);
  const path = /\/account\/authenticators\/[\w-]+(?=" aria-label="Manage Temporary access code")/.exec(html)?.[0];
  const page = await agent.open(`${issuer}${path}`);
  return /name="confirm" type="checkbox" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
}

/** Proves what is asked for, and does not follow the redirect that comes. */
export async function finish<Open extends BrowserAtPage>(open: Open, who: Holder): Promise<Open> {
  const { agent, page } = open;
  const fields = { ...mainForm(page)?.fields, ...(await who.answer('passkey', page, agent)) };
  const answer = await agent.send(page.url, { method: 'POST', body: new URLSearchParams(fields) });
  if (answer.status !== 303) throw new Error(`status ${answer.status} at ${page.url}`);
  return open;
}

export async function startDevice({ issuer }: TestNode): Promise<Fields> {
  const { body } = await post(`${issuer}/oauth2/v1/device`, { client_id: app, scope: 'openid' });
  return { code: String(body.device_code), user: String(body.user_code) };
}

/** Enters the code of a device and confirms it, as far as the sign-in with the passkey. */
export async function forDevice(
  node: TestNode,
  who: Holder,
  userCode = '',
): Promise<BrowserAtPage & { readonly uid: string }> {
  const agent = new UserAgent();
  const input = await agent.open(`${node.issuer}/device`);
  const asked = await agent.submit(input, input.forms[0], { user_code: userCode });
  const { abort: _, ...fields } = asked.forms[0]?.fields ?? {};
  const begun = await agent.submit(asked, asked.forms[0] && { ...asked.forms[0], fields });
  const page = await chooseAuthenticator(agent, await name(agent, begun, who), 'passkey');
  return { agent, page, uid: /\/signin\/([\w-]+)/.exec(page.url)?.[1] ?? '' };
}

/** The inputs of a sign-in. */

import { redirectUri } from '../clients/relying-party.ts';
import { answerStep, beginSignIn, currentStep, formOf, storedTransaction } from '../clients/sign-in-flow.ts';
import type { Page } from '../pages/user-agent.ts';
import { optionsOf } from '../pages/webauthn.ts';
import { password } from '../servers/node.ts';
import { app } from './apps.ts';
import { answered, type BrowserAtPage, type Fields, get, type PageAddress, seen, tryAt } from './browser-at-page.ts';
import type { FlowsInProgress } from './flows-in-progress.ts';
import type { TestedInput } from './tested-input.ts';

/** There is no such sign-in (any more), or it is not of this browser. */
const over = ['error.sign_in_expired', 'error.sign_in_finished', 'error.cookies_missing'];
const wrong = (where: string): readonly string[] =>
  ['credentials.malformed', 'credentials.invalid'].map((code) => `${where} ${code}`);

function atDesk({ desk, signIns, refused }: FlowsInProgress, where: string): PageAddress {
  return { agent: desk, url: signIns[where]?.page.url ?? '', refused };
}

/**
 * The code of one authenticator. What a later sign-in could take as well is put into a second one when the first is
 * over.
 */
function passcode(authenticator: string, takes: string): TestedInput {
  const where = `challenge:${authenticator}`;
  return {
    name: `${where}, credentials.passcode`,
    takes: [takes],
    taken: 'code',
    counts: 'once',
    refusals: wrong(where),
    async submit(flows, value) {
      const { signIns, refused } = flows;
      const fields = { 'credentials.passcode': value };
      const end = await answered(atDesk(flows, where), fields);
      const later = signIns[`${where}, later`];
      return over.includes(end) && later ? answered({ agent: later.agent, url: later.page.url, refused }, fields) : end;
    },
  };
}

/** The handle of the form, in addition to the right answer. */
function handle(where: string, taken: string, right: (flows: FlowsInProgress) => Fields): TestedInput {
  const [step = ''] = where.split(',');
  return {
    name: `${step}, stateHandle`,
    takes: [`handle of ${step}`],
    taken,
    counts: 'once',
    refusals: [`${step} form.stale`],
    submit: (flows, stateHandle) => answered(atDesk(flows, where), { ...right(flows), stateHandle }),
  };
}

const withPassword = ({ who }: FlowsInProgress): Fields => ({
  identifier: who.identifier,
  'credentials.passcode': password,
});

/** What the passkey says, signed over another challenge than the one of the page. */
function signed(
  { who, desk }: FlowsInProgress,
  page: Page,
  challenge = String(optionsOf(page).challenge),
): Promise<Fields> {
  const html = page.html.replaceAll(String(optionsOf(page).challenge), challenge);
  return who.answer('passkey', { ...page, html }, desk);
}

/** What no page contains: JSON would end there. */
const quoted = (text: string): string => text.replace(/["\\&<]/g, '');

function presentFirst({ agent, page }: BrowserAtPage, fields: Fields): Promise<Page> {
  const form = page.forms.find(({ step, authenticator }) => step === 'identify' && authenticator === 'webauthn');
  return agent.submit(page, form, fields);
}

/** Presents what a passkey says about the page. */
async function presented(
  flows: FlowsInProgress,
  where: string,
  fieldsFor: (page: Page) => Promise<Fields>,
): Promise<string> {
  const answer = async (page: Page) =>
    page.forms.length === 0 ? undefined : answerStep(flows.desk, page, await fieldsFor(page));
  return seen(await tryAt(atDesk(flows, where), answer));
}

/** Addresses that name a sign-in. */
const addresses: readonly TestedInput[] = [
  {
    name: '/signin/<value>',
    takes: ['uid of a sign-in', 'uid of a third sign-in'],
    taken: 'challenge:email',
    counts: 'always',
    refusals: ['error.not_found', ...over],
    async submit({ node, desk }, value) {
      return seen(await get(desk, node, `/signin/${encodeURIComponent(value)}`));
    },
  },
  {
    name: '/signin/<value>/status',
    takes: ['uid of a sign-in', 'uid of a third sign-in'],
    taken: 'open',
    counts: 'always',
    refusals: ['error.not_found', 'over'],
    async submit({ node, desk }, value) {
      const page = await get(desk, node, `/signin/${encodeURIComponent(value)}/status`);
      return page.html.startsWith('{') ? (JSON.parse(page.html) as { state: string }).state : seen(page);
    },
  },
  {
    name: '/oauth2/v1/authorize/<value>',
    takes: ['uid of a finished sign-in'],
    taken: 'code',
    counts: 'once',
    refusals: ['oauth.invalid_request', 'error.not_found', ...over],
    async submit({ node, finished }, value) {
      return seen(await get(finished.agent, node, `/oauth2/v1/authorize/${encodeURIComponent(value)}`));
    },
  },
  {
    name: '/device/<value>',
    takes: ['uid of a finished sign-in for a device'],
    taken: 'status 200',
    counts: 'once',
    refusals: ['device.failed'],
    async submit({ node, approved }, value) {
      return seen(await get(approved.agent, node, `/device/${encodeURIComponent(value)}`));
    },
  },
];

export const signInInputs: readonly TestedInput[] = [
  ...addresses,
  {
    name: 'identify, identifier',
    takes: ['identifier'],
    taken: 'a user',
    counts: 'always',
    refusals: ['a decoy', 'identify identifier.invalid'],
    async submit({ node }, identifier) {
      const { agent, page, uid } = await beginSignIn(node, app);
      const next = await answerStep(agent, page, { identifier, 'credentials.passcode': '' });
      if (currentStep(next) === 'identify') return seen(next);
      const { subject } = JSON.parse((await storedTransaction(node, uid))?.value ?? '{}');
      return subject.decoy ? 'a decoy' : 'a user';
    },
  },
  {
    name: 'identify, credentials.passcode',
    takes: ['password'],
    taken: 'code',
    counts: 'once',
    refusals: ['identify credentials.invalid'],
    submit: (flows, value) =>
      answered(atDesk(flows, 'identify, password'), {
        identifier: flows.who.identifier,
        'credentials.passcode': value,
      }),
  },
  handle('identify', 'code', withPassword),
  {
    name: 'identify, challenge that a passkey signed',
    takes: ['challenge of identify'],
    taken: 'code',
    counts: 'once',
    refusals: ['identify credentials.invalid'],
    async submit(flows, value) {
      const { desk: agent } = flows;
      const answer = async (page: Page) =>
        currentStep(page) === 'identify'
          ? presentFirst({ agent, page }, await signed(flows, page, quoted(value)))
          : undefined;
      return seen(await tryAt(atDesk(flows, 'identify, passkey'), answer));
    },
  },
  ...(['authenticator.id', 'credentials.userHandle', 'credentials.credentialId'] as const).map(
    (field, at): TestedInput => ({
      name: `identify, ${field}`,
      takes: [(['key of an authenticator', 'user handle', 'credential id'] as const)[at] ?? ''],
      taken: 'code',
      counts: 'always',
      refusals: [...wrong('identify'), 'identify form.stale'],
      async submit(flows, value) {
        const begun = await beginSignIn(flows.node, app);
        return seen(await presentFirst(begun, { ...(await signed(flows, begun.page)), [field]: value }));
      },
    }),
  ),
  {
    name: 'select, authenticator.id',
    takes: ['key of an authenticator'],
    taken: 'challenge:webauthn',
    counts: 'always',
    // What is not on offer is not chosen: the page asks again.
    refusals: ['select authenticator.required'],
    async submit({ desk, signIns }, value) {
      const page = await desk.open(signIns.select?.page.url ?? '', {}, redirectUri);
      const list = currentStep(page) === 'select' ? page : await desk.submit(page, formOf(page, 'select'));
      return seen(await answerStep(desk, list, { 'authenticator.id': value }));
    },
  },
  handle('select, handle', 'challenge:webauthn', () => ({ 'authenticator.id': 'webauthn' })),
  passcode('password', 'password'),
  handle('challenge:password, handle', 'code', withPassword),
  passcode('totp', 'TOTP code'),
  {
    name: '/signin/<uid>/link, t, in the browser that asked',
    takes: ['link in a mail'],
    taken: 'challenge:email',
    counts: 'always',
    refusals: ['magic_link.replaced'],
    async submit({ node, desk, signIns }, value) {
      return seen(
        await get(desk, node, `/signin/${signIns['challenge:email']?.uid}/link?t=${encodeURIComponent(value)}`),
      );
    },
  },
  {
    name: '/signin/<uid>/link, t, in another browser',
    takes: ['link in a mail'],
    taken: 'the code',
    counts: 'always',
    refusals: ['magic_link.replaced'],
    async submit({ node, elsewhere, signIns }, value, values) {
      const path = `/signin/${signIns['challenge:email']?.uid}/link?t=${encodeURIComponent(value)}`;
      const page = await get(elsewhere, node, path);
      const [, code] = /data-code>(\d+)</.exec(page.html) ?? [];
      return code !== undefined && code === values['code in a mail'] ? 'the code' : seen(page);
    },
  },
  passcode('email', 'code in a mail'),
  {
    name: 'the form behind a link, credentials.passcode',
    takes: ['code in another mail'],
    taken: 'code',
    counts: 'once',
    refusals: wrong('challenge:email'),
    async submit({ node, desk, signIns }, value, values) {
      const path = `/signin/${signIns['challenge:email, link']?.uid}/link?t=${values['link in another mail']}`;
      const page = await get(desk, node, path);
      const form = formOf(page, 'challenge');
      return form ? seen(await desk.submit(page, form, { 'credentials.passcode': value })) : seen(page);
    },
  },
  passcode('phone', 'code on the phone'),
  {
    name: 'challenge:webauthn, challenge that a passkey signed',
    takes: ['challenge of challenge:webauthn'],
    taken: 'code',
    counts: 'once',
    refusals: ['challenge:webauthn credentials.invalid'],
    async submit(flows, value) {
      return presented(flows, 'challenge:webauthn', (page) => signed(flows, page, quoted(value)));
    },
  },
  {
    name: 'challenge:webauthn, credentials.credentialId',
    takes: ['credential id'],
    taken: 'code',
    counts: 'once',
    refusals: wrong('challenge:webauthn'),
    async submit(flows, value) {
      return presented(flows, 'challenge:webauthn, key', async (page) => ({
        ...(await signed(flows, page)),
        'credentials.credentialId': value,
      }));
    },
  },
  passcode('recovery_code', 'recovery code'),
  passcode('access_code', 'access code'),
  passcode('security_question', 'answer to a question'),
];

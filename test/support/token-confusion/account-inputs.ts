/** The pages and forms of `/account`. */
import { formOf } from '../clients/sign-in-flow.ts';
import type { Page } from '../pages/user-agent.ts';
import { type Fields, get, seen, tryAt } from './browser-at-page.ts';
import type { FlowsInProgress } from './flows-in-progress.ts';
import { type AccountForm, accountForms, accountPath, type Values } from './handed-out-values.ts';
import type { TestedInput } from './tested-input.ts';

/** Where the browser ended up within the account, and the notice of the page. */
function shown({ node }: FlowsInProgress, page: Page): string {
  const { pathname } = new URL(page.url);
  const step = page.forms[0]?.step ?? '';
  return page.url.startsWith(node.issuer) ? [step === '' ? pathname : step, ...page.messages].join(' ') : page.url;
}

/** A page about one of the user's authenticators. */
function pageOf(kind: string, takes: TestedInput['takes'], [step, list]: readonly [AccountForm, string]): TestedInput {
  return {
    name: `/account/${kind}/<value>`,
    takes,
    taken: step,
    counts: 'always',
    refusals: [list],
    submit: async (flows, value) =>
      shown(flows, await get(flows.home, flows.node, `/account/${kind}/${encodeURIComponent(value)}`)),
  };
}

/** Sends the form of this step on the page of these values, with these fields. */
async function filled(
  flows: FlowsInProgress,
  values: Values,
  { step, path, fields }: { readonly step: string; readonly path: string; readonly fields: Fields },
): Promise<string> {
  const { home, node, refused } = flows;
  const at = { agent: home, url: `${node.issuer}${accountPath(values, path)}`, refused };
  const answer = async (page: Page) => {
    const form = formOf(page, step);
    return form && home.submit(page, form, fields);
  };
  return shown(flows, await tryAt(at, answer));
}

/** The handle of a form that is otherwise as it should be. */
function handle(step: AccountForm, taken: string, counts: TestedInput['counts'] = 'once'): TestedInput {
  const { path, fields } = accountForms[step];
  const firstOfPage: Fields = { remove: 'rename', 'resend-address': 'confirm-address' };
  return {
    name: `/account, ${step}, stateHandle`,
    takes: [`handle of ${step}`],
    taken,
    counts,
    refusals: [`${firstOfPage[step] ?? step} form.stale`],
    submit: (flows, stateHandle, values) => filled(flows, values, { step, path, fields: { ...fields, stateHandle } }),
  };
}

export const accountInputs: readonly TestedInput[] = [
  pageOf('authenticators', ['id of an enrollment', 'id of the access code'], ['rename', '/account/methods']),
  pageOf('sessions', ['name of a session'], ['end', '/account/devices']),
  pageOf('devices', ['name of a remembered browser'], ['forget-device', '/account/devices']),
  pageOf('addresses', ['name of an address'], ['remove-address', '/account/notifications']),
  {
    name: '/account/add/<value>',
    takes: ['key of an authenticator'],
    taken: 'enroll:webauthn',
    counts: 'always',
    refusals: ['error.not_found'],
    submit: async ({ home, node }, value) => seen(await get(home, node, `/account/add/${encodeURIComponent(value)}`)),
  },
  handle('confirm-address', 'confirm-address credentials.malformed', 'always'),
  {
    name: '/account/addresses/confirm, passcode',
    takes: ['code for an address for news'],
    taken: '/account/notifications account.done.address_added',
    counts: 'once',
    refusals: ['confirm-address credentials.malformed', 'confirm-address credentials.invalid'],
    submit: (flows, passcode, values) =>
      filled(flows, values, { step: 'confirm-address', path: 'confirm', fields: { passcode } }),
  },
  {
    name: '/account/addresses/add, email',
    takes: ['a new address', 'identifier'],
    taken: 'confirm-address',
    counts: 'once',
    refusals: ['add-address email.invalid', 'add-address account.address.known'],
    submit: (flows, email, values) => filled(flows, values, { step: 'add-address', path: 'add', fields: { email } }),
  },
  // Before anything is removed: that ends the other session, and changes what may be waived for a browser.
  handle('end', '/account/devices account.done.ended'),
  handle('forget-device', '/account/devices account.done.device_forgotten'),
  {
    name: '/account/authenticators/<id>/remove, confirm',
    takes: ['yes to what is lost'],
    taken: '/account/methods account.done.removed',
    counts: 'once',
    refusals: ['rename account.remove.confirm'],
    submit: (flows, confirm, values) =>
      filled(
        flows,
        { ...values, 'id of an enrollment': values['id of the access code'] ?? '' },
        { step: 'remove', path: 'authenticator', fields: { confirm } },
      ),
  },
  handle('rename', '/account/methods account.done.renamed'),
  handle('resend-address', 'confirm-address sent.again'),
  handle('add-address', 'confirm-address'),
  handle('remove-address', '/account/notifications account.done.address_removed'),
  handle('remove', '/account/methods account.done.removed'),
  handle('end-others', '/account/devices account.done.ended_others'),
];

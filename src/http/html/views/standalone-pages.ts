/**
 * Pages that are neither steps nor parts of the account: errors, devices, magic links, signing out, and the demo's
 * inbox.
 */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { userCodeField } from '../fields/fields.ts';
import type { FormModel } from '../models/shared-models.ts';
import type { LetterModel, NextLinksModel } from '../models/standalone-models.ts';
import { nextLinkText } from './next-link-text.ts';
import type {
  DeviceConfirmPage,
  DeviceInputPage,
  DeviceSuccessPage,
  ErrorPage,
  InboxEntry,
  InboxPage,
  LogoutPage,
  MagicLinkConfirmPage,
  MagicLinkElsewherePage,
  MagicLinkOverPage,
  NextLink,
  OAuthErrorPage,
  SignedOutPage,
  SignInLostPage,
} from './page-models.ts';
import { accountModel, appView, contactOf, noticesModel, stateForm, type View } from './page-view.ts';

export function errorView({ code: error, reference, nextLinks = [] }: ErrorPage, t: Translator): View {
  const code = `error.${error}`;
  const lead = nextLinks.some(({ kind }) => kind === 'restart' || kind === 'device') ? `${code}.restart` : code;
  return {
    template: 'pages/error',
    heading: { key: t.pick(`${code}.title`, 'error.title') },
    model: {
      code,
      lead: { key: t.pick(lead, t.pick(code, 'error.internal')) },
      ...nextLinksModel(nextLinks),
      ...omitUndefined({ reference }),
    },
  };
}

function nextLinksModel(nextLinks: readonly NextLink[]): NextLinksModel {
  return { links: nextLinks.map((link) => ({ kind: link.kind, href: link.href, text: nextLinkText(link) })) };
}

export function oauthErrorView(page: OAuthErrorPage, t: Translator): View {
  const { error, description, reference, isSignOut, nextLinks = [] } = page;
  const code = `oauth.${error}`;
  return {
    template: 'pages/oauth-error',
    heading: { key: isSignOut ? 'oauth.sign_out.title' : 'oauth.title' },
    model: {
      code,
      error,
      // Extensions of OAuth add codes, so this list is never complete (RFC 6749 section 8.5).
      lead: { key: isSignOut ? 'oauth.sign_out' : t.pick(code, 'oauth.other') },
      ...nextLinksModel(nextLinks),
      ...contactOf(page, t),
      ...omitUndefined({ description, reference }),
    },
  };
}

export function deviceInputView(page: DeviceInputPage, t: Translator): View {
  return {
    template: 'pages/device-input',
    heading: { key: 'device.title' },
    notices: noticesModel(page.notices, t),
    model: {
      lead: { key: 'device.lead' },
      main: { ...providerForm('op.deviceInputForm', page), novalidate: true },
      fields: userCodeField(page.userCode ?? '', page.charset, page.notices),
    },
  };
}

export function deviceConfirmView(page: DeviceConfirmPage): View {
  const { ip, userAgent: agent } = page.device ?? {};
  const { hidden, ...form } = providerForm('op.deviceConfirmForm', page);
  return {
    template: 'pages/device-confirm',
    heading: { key: 'device.confirm.title.in_app', params: { app: page.app.name } },
    app: appView(page.app),
    model: {
      lead: { key: 'device.confirm.lead' },
      code: page.displayCode,
      origin: [
        ...(ip ? [{ key: 'device.confirm.from', params: { ip } }] : []),
        ...(agent ? [{ key: 'device.confirm.agent', params: { agent } }] : []),
      ],
      main: {
        ...form,
        hidden: [...hidden, { name: 'user_code', value: page.userCode }, { name: 'confirm', value: 'yes' }],
      },
    },
  };
}

/** oidc-provider's forms, with its ids and its `xsrf`. */
function providerForm(id: string, page: { readonly action: string; readonly xsrf: string }): FormModel {
  return { id, method: 'post', action: page.action, hidden: [{ name: 'xsrf', value: page.xsrf }] };
}

export function deviceSuccessView({ app }: DeviceSuccessPage): View {
  return {
    template: 'pages/device-success',
    heading: { key: 'device.success.title' },
    app: appView(app),
    model: { lead: { key: 'device.success.lead', params: { app: app.name } } },
  };
}

export function logoutView(page: LogoutPage): View {
  const { app } = page;
  return {
    template: 'pages/logout',
    heading: { key: 'logout.title' },
    account: accountModel(page.account),
    model: {
      lead: app ? { key: 'logout.lead_app', params: { app: app.name } } : { key: 'logout.lead' },
      main: providerForm('op.logoutForm', page),
    },
  };
}

export function signedOutView({ app, signedOut }: SignedOutPage): View {
  const key = signedOut ? 'signed_out' : 'stayed';
  const lead = app && !signedOut ? { key: 'stayed.lead_app', params: { app: app.name } } : { key: `${key}.lead` };
  const text = { key: signedOut ? 'next.sign_in' : 'next.account' };
  const links = [{ kind: 'account', href: '/account', text }];
  return { template: 'pages/signed-out', heading: { key: `${key}.title` }, model: { lead, links } };
}

export function magicLinkConfirmView(page: MagicLinkConfirmPage): View {
  const { app, action, authenticator, stateHandle, token, passcode } = page;
  return {
    template: 'pages/magic-link-confirm',
    heading: page.recovering
      ? { key: 'magic_link.confirm.recovery.title' }
      : { key: 'magic_link.confirm.title.in_app', params: { app: app.name } },
    app: appView(app),
    account: accountModel(page.account),
    model: {
      lead: { key: 'magic_link.confirm.lead' },
      action: { key: page.recovering ? 'action.continue' : 'magic_link.confirm.yes' },
      main: stateForm({ step: 'challenge', authenticator, action }, stateHandle, [
        { name: 'link.token', value: token },
        { name: 'credentials.passcode', value: passcode },
      ]),
    },
  };
}

/** By what counts (code or link), and for which purpose. */
const elsewhereTexts = {
  code: {
    signIn: { lead: 'magic_link.elsewhere.lead', warning: 'magic_link.elsewhere.warning' },
    recovery: { lead: 'magic_link.elsewhere.recovery.lead', warning: 'magic_link.elsewhere.recovery.warning' },
  },
  link: {
    signIn: { lead: 'magic_link.elsewhere.link.lead', warning: 'magic_link.elsewhere.link.warning' },
    recovery: {
      lead: 'magic_link.elsewhere.link.recovery.lead',
      warning: 'magic_link.elsewhere.link.recovery.warning',
    },
  },
} as const;

export function magicLinkElsewhereView({ app, code, asked, recovering }: MagicLinkElsewherePage): View {
  const { browser, system, ip } = asked;
  const known = browser && system ? 'both' : browser ? 'browser' : 'system';
  const { lead, warning } = elsewhereTexts[code === undefined ? 'link' : 'code'][recovering ? 'recovery' : 'signIn'];
  return {
    template: 'pages/magic-link-elsewhere',
    heading: { key: 'magic_link.elsewhere.title' },
    app: appView(app),
    model: {
      lead: { key: lead, params: { app: app.name } },
      warning: { key: warning },
      ...omitUndefined({ code }),
      origin: [
        ...(browser || system ? [{ key: 'magic_link.asked.agent', params: { known, browser, system } }] : []),
        ...(ip ? [{ key: 'magic_link.asked.ip', params: { ip } }] : []),
      ],
    },
  };
}

export function magicLinkOverView({ reason }: MagicLinkOverPage): View {
  const code = `magic_link.${reason}`;
  return {
    template: 'pages/magic-link-over',
    heading: { key: 'magic_link.over.title' },
    model: { code, lead: { key: code } },
  };
}

export function signInLostView({ app, action, stateHandle }: SignInLostPage): View {
  return {
    template: 'pages/sign-in-lost',
    heading: { key: 'sign_in.lost.title' },
    app: appView(app),
    model: {
      code: 'sign_in.lost',
      lead: { key: 'sign_in.lost', params: { app: app.name } },
      restart: {
        main: stateForm({ step: 'restart', action }, stateHandle),
        look: 'primary',
        text: { key: 'sign_in.lost.restart' },
      },
    },
  };
}

export function inboxView({ messages }: InboxPage): View {
  return {
    template: 'pages/inbox',
    heading: { key: 'inbox.title' },
    wide: true,
    model: { lead: { key: 'inbox.lead' }, letters: messages.map(letterModel) },
  };
}

function letterModel({ channel, to, subject, text, at }: InboxEntry): LetterModel {
  return {
    ...omitUndefined({ subject }),
    channel: { key: `inbox.${channel}` },
    sent: { key: 'inbox.sent', params: { to, at: { at: Date.parse(at) / 1000 } } },
    pieces: text
      .split(/(https?:\/\/\S+)/)
      .map((piece) => (/^https?:\/\//.test(piece) ? { text: piece, href: piece } : { text: piece })),
  };
}

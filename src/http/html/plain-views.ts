/** The views of the pages that are no steps. */
import { userCodeField } from './fields.ts';
import type { Translator } from './messages.ts';
import type {
  DeviceConfirmPage,
  DeviceInputPage,
  DeviceSuccessPage,
  ErrorPage,
  LogoutPage,
  OAuthErrorPage,
  SignedOutPage,
} from './pages.ts';
import { appView, type TextRef, type View } from './view.ts';

/** `text` is what the error says to people. */
export interface ErrorView extends View {
  readonly text: TextRef;
}

const bare = { messages: [], fields: [] } as const;

export function error(page: ErrorPage, t: Translator): ErrorView {
  const key = `error.${page.code}`;
  return {
    ...bare,
    template: 'pages/error',
    heading: { key: t.pick(`${key}.title`, 'error.title') },
    text: { key: t.pick(key, 'error.internal') },
    page,
  };
}

export function oauthError(page: OAuthErrorPage, t: Translator): ErrorView {
  return {
    ...bare,
    template: 'pages/oauth-error',
    heading: { key: 'oauth.title' },
    text: { key: t.pick(`oauth.${page.error}`, 'oauth.other') },
    page,
  };
}

export function deviceInput(page: DeviceInputPage): View {
  const { messages } = page;
  const fields = userCodeField(page.userCode ?? '', page.charset, messages);
  return { template: 'pages/device-input', heading: { key: 'device.title' }, messages, fields, page };
}

export function deviceConfirm(page: DeviceConfirmPage): View {
  const heading = { key: 'device.confirm.title.in_app', params: { app: page.app.name } };
  return { ...bare, template: 'pages/device-confirm', heading, app: appView(page.app), page };
}

export function deviceSuccess(page: DeviceSuccessPage): View {
  return {
    ...bare,
    template: 'pages/device-success',
    heading: { key: 'device.success.title' },
    app: appView(page.app),
    page,
  };
}

export function logout(page: LogoutPage): View {
  return { ...bare, template: 'pages/logout', heading: { key: 'logout.title' }, page };
}

export function signedOut(page: SignedOutPage): View {
  const key = page.signedOut ? 'signed_out' : 'stayed';
  return { ...bare, template: 'pages/signed-out', heading: { key: `${key}.title` }, page };
}

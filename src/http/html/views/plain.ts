/** The views of the pages that are no steps. */

import type { Translator } from '../../../rendering/translator.ts';
import { userCodeField } from '../fields.ts';
import type {
  DeviceConfirmPage,
  DeviceInputPage,
  DeviceSuccessPage,
  ErrorPage,
  InboxPage,
  LinkConfirmPage,
  LinkElsewherePage,
  LinkOverPage,
  LogoutPage,
  OAuthErrorPage,
  SignedOutPage,
} from './page-models.ts';
import { appView, messageViews, type View } from './step.ts';

const bare = { messages: [], fields: [] } as const;

export function error(page: ErrorPage, t: Translator): View {
  const key = `error.${page.code}`;
  return {
    ...bare,
    template: 'pages/error',
    heading: { key: t.pick(`${key}.title`, 'error.title') },
    lead: { key: t.pick(key, 'error.internal') },
    page,
  };
}

export function oauthError(page: OAuthErrorPage, t: Translator): View {
  return {
    ...bare,
    template: 'pages/oauth-error',
    heading: { key: 'oauth.title' },
    lead: { key: t.pick(`oauth.${page.error}`, 'oauth.other') },
    page,
  };
}

export function deviceInput(page: DeviceInputPage, t: Translator): View {
  const fields = userCodeField(page.userCode ?? '', page.charset, page.messages);
  const messages = messageViews(page.messages, t);
  return {
    template: 'pages/device-input',
    heading: { key: 'device.title' },
    lead: { key: 'device.lead' },
    messages,
    fields,
    page,
  };
}

export function deviceConfirm(page: DeviceConfirmPage): View {
  const heading = { key: 'device.confirm.title.in_app', params: { app: page.app.name } };
  return {
    ...bare,
    template: 'pages/device-confirm',
    heading,
    lead: { key: 'device.confirm.lead' },
    app: appView(page.app),
    page,
  };
}

export function deviceSuccess(page: DeviceSuccessPage): View {
  const lead = { key: 'device.success.lead', params: { app: page.app.name } };
  return {
    ...bare,
    template: 'pages/device-success',
    heading: { key: 'device.success.title' },
    lead,
    app: appView(page.app),
    page,
  };
}

export function logout(page: LogoutPage): View {
  const lead = page.app ? { key: 'logout.lead_app', params: { app: page.app.name } } : { key: 'logout.lead' };
  return { ...bare, template: 'pages/logout', heading: { key: 'logout.title' }, lead, page };
}

export function signedOut({ app, signedOut, ...page }: SignedOutPage): View {
  const at = (key: string): View => ({
    ...bare,
    template: 'pages/signed-out',
    heading: { key: `${key}.title` },
    lead: { key: `${key}.lead` },
    page,
  });
  if (signedOut) return at('signed_out');
  return app ? { ...at('stayed'), lead: { key: 'stayed.lead_app', params: { app: app.name } } } : at('stayed');
}

export function linkConfirm(page: LinkConfirmPage): View {
  const heading = { key: 'link.confirm.title.in_app', params: { app: page.app.name } };
  return {
    ...bare,
    template: 'pages/link-confirm',
    heading,
    lead: { key: 'link.confirm.lead' },
    app: appView(page.app),
    page,
  };
}

export function linkElsewhere(page: LinkElsewherePage): View {
  const lead = { key: 'link.elsewhere.lead', params: { app: page.app.name } };
  return {
    ...bare,
    template: 'pages/link-elsewhere',
    heading: { key: 'link.elsewhere.title' },
    lead,
    app: appView(page.app),
    page,
  };
}

export function linkOver(page: LinkOverPage): View {
  return {
    ...bare,
    template: 'pages/link-over',
    heading: { key: 'link.over.title' },
    lead: { key: `link.${page.reason}` },
    page,
  };
}

export function inbox(page: InboxPage): View {
  return {
    ...bare,
    wide: true,
    template: 'pages/inbox',
    heading: { key: 'inbox.title' },
    lead: { key: 'inbox.lead' },
    page,
  };
}

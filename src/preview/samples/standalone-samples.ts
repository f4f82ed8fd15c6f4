/** Pages outside the step loop: links in messages, errors, devices, signing out. */
import type { Renderer } from '../../http/html/render.ts';
import { errorNotice as error } from './sample-notice.ts';
import { stepBase } from './sample-steps.ts';

export type DrawPage = (renderer: Renderer) => string;
const { brand, app } = stepBase;
const device = { brand, locale: 'en', action: '/oauth2/v1/device', xsrf: 'eHNyZg' } as const;

const asked = { ip: '192.0.2.7', browser: 'Firefox', system: 'Linux' } as const;
const text = 'Enter this code:\n\n    012345\n\nOr open this link:\nhttps://id.example.org/signin/x/link?t=y\n';

const elsewhere = { brand, locale: 'en', app, code: '012345', asked } as const;
const confirmed = {
  brand,
  locale: 'en',
  app,
  account: { identifier: 'alice@demo.test' },
  action: stepBase.action,
  stateHandle: stepBase.stateHandle,
  authenticator: 'email',
  token: 'bGluay10b2tlbg',
  passcode: '012345',
} as const;

export const standaloneSamples: Readonly<Record<string, DrawPage>> = {
  'magic-link-confirm': (r) => r.renderMagicLinkConfirm({ ...confirmed, recovering: false }),
  'magic-link-confirm-recovery': (r) => r.renderMagicLinkConfirm({ ...confirmed, locale: 'de', recovering: true }),
  'magic-link-elsewhere': (r) => r.renderMagicLinkElsewhere({ ...elsewhere, recovering: false }),
  'magic-link-elsewhere-link-only': (r) =>
    r.renderMagicLinkElsewhere({ brand, locale: 'en', app, asked, recovering: false }),
  'magic-link-elsewhere-recovery': (r) => r.renderMagicLinkElsewhere({ ...elsewhere, locale: 'de', recovering: true }),
  'magic-link-replaced': (r) => r.renderMagicLinkOver({ brand, locale: 'en', reason: 'replaced' }),
  'magic-link-expired': (r) => r.renderMagicLinkOver({ brand, locale: 'de', reason: 'expired' }),
  'link-undo-email': (r) =>
    r.renderLinkQuestion({ brand, locale: 'en', does: 'undo', kind: 'email', value: 'alice@demo.test', token: 't' }),
  'link-undo-phone': (r) =>
    r.renderLinkQuestion({ brand, locale: 'de', does: 'undo', kind: 'phone', value: '+4915112345678', token: 't' }),
  'link-not-me': (r) =>
    r.renderLinkQuestion({
      brand,
      locale: 'en',
      does: 'not_me',
      signIn: { at: 1_795_000_000, app: 'Notes', browser: 'Firefox', system: 'Linux', ip: '192.0.2.7' },
      token: 't',
    }),
  'link-not-me-done': (r) =>
    r.renderLinkResult({ brand, locale: 'en', does: 'not_me', result: 'done', recover: 'alice@demo.test' }),
  'link-not-me-done-methods': (r) => r.renderLinkResult({ brand, locale: 'de', does: 'not_me', result: 'done' }),
  'link-not-me-over': (r) => r.renderLinkResult({ brand, locale: 'de', does: 'not_me', result: 'over' }),
  'link-undo-done': (r) => r.renderLinkResult({ brand, locale: 'en', does: 'undo', result: 'done' }),
  'link-undo-over': (r) => r.renderLinkResult({ brand, locale: 'de', does: 'undo', result: 'over' }),
  'link-undo-superseded': (r) => r.renderLinkResult({ brand, locale: 'en', does: 'undo', result: 'superseded' }),
  'sign-in-lost': (r) =>
    r.renderSignInLost({ brand, locale: 'en', app, action: '/signin/u/restart', stateHandle: 'h' }),
  inbox: (r) =>
    r.renderInbox({
      brand,
      locale: 'en',
      messages: [
        {
          channel: 'email',
          to: 'alice@demo.test',
          subject: 'Sign in to Payroll',
          text,
          at: '2026-11-24T12:00:00.000Z',
        },
        {
          channel: 'sms',
          to: '+4915112345678',
          text: '012345 is your code to sign in to Notes.\n\n@id.example.org #012345\n',
          at: '2026-11-24T11:59:00.000Z',
        },
        {
          channel: 'voice',
          to: '+4930901820',
          text: 'Hello, this is Acme.\nYour code is: 0, 1, 2, 3, 4, 5.\n',
          at: '2026-11-24T11:58:00.000Z',
        },
      ],
    }),
  'inbox-empty': (r) => r.renderInbox({ brand, locale: 'en', messages: [] }),
  error: (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'store_unavailable',
      reference: 'req-7f3a90',
      nextLinks: [{ kind: 'retry', href: 'https://id.example/signin/a' }],
    }),
  'error-plain': (r) => r.renderError({ brand, locale: 'en', code: 'not_found', reference: 'req-7f3a90' }),
  'error-expired': (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'sign_in_expired',
      reference: 'req-7f3a90',
      nextLinks: [
        { kind: 'restart', href: '/oauth2/v1/authorize?client_id=notes&state=1' },
        { kind: 'app', href: 'https://notes.example/', app: 'Notes' },
      ],
    }),
  'error-expired-device': (r) =>
    r.renderError({ brand, locale: 'en', code: 'sign_in_expired', nextLinks: [{ kind: 'device', href: '/device' }] }),
  'error-cookies': (r) =>
    r.renderError({ brand, locale: 'en', code: 'cookies_missing', nextLinks: [{ kind: 'account', href: '/account' }] }),
  'oauth-error': (r) =>
    r.renderOAuthError({
      brand,
      locale: 'en',
      error: 'invalid_redirect_uri',
      description: "redirect_uri did not match any of the client's registered redirect_uris",
    }),
  'device-input': (r) => r.renderDeviceInput({ ...device, charset: 'base-20', notices: [] }),
  'device-input-wrong': (r) =>
    r.renderDeviceInput({
      ...device,
      charset: 'base-20',
      userCode: 'BCDF-XXXX',
      notices: [error('device.invalid', { field: 'user_code' })],
    }),
  'device-confirm': (r) =>
    r.renderDeviceConfirm({
      ...device,
      app,
      userCode: 'bcdfghjk',
      displayCode: 'BCDF-GHJK',
      device: { ip: '192.0.2.7', userAgent: 'Kitchen-TV/3.1' },
    }),
  'device-success': (r) => r.renderDeviceSuccess({ ...device, app }),
  logout: (r) => r.renderLogout({ ...device, app, account: { identifier: 'alice@demo.test' } }),
  'signed-out': (r) => r.renderSignedOut({ brand, locale: 'en', signedOut: true }),
  'stayed-signed-in': (r) => r.renderSignedOut({ brand, locale: 'en', signedOut: false, app }),
  'error-finished': (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'sign_in_finished',
      nextLinks: [{ kind: 'restart', href: '/oauth2/v1/authorize?client_id=notes', app: 'Notes' }],
    }),
};

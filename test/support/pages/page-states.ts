/**
 * One fixture for each state of each page, and a small server that shows them under the headers of the real one. Those
 * of `stepgate preview`, with further ones: in German, and with texts that are too long or try to break out.
 */
import { join } from 'node:path';
import type { RefusalNoticeCode } from '../../../src/core/step/notice-codes.ts';
import { type Asset, assetCacheControl, assetOf } from '../../../src/http/html/assets/assets.ts';
import type { Renderer } from '../../../src/http/html/render.ts';
import type { StepPage } from '../../../src/http/html/views/page-models.ts';
import { contentSecurityPolicy } from '../../../src/http/middleware/security-headers.ts';
import { hashInAddress } from '../../../src/policy/revision/brand.ts';
import { samplePages } from '../../../src/preview/samples/sample-pages.ts';
import {
  consent,
  consentTexts,
  email,
  follow,
  identify,
  known,
  methodChoice,
  own,
  profileStep,
  registers,
  stepBase,
  totp,
  totpSetup,
} from '../../../src/preview/samples/sample-steps.ts';
import type { DrawPage } from '../../../src/preview/samples/standalone-samples.ts';
import { openServer } from '../servers/http-server.ts';
import { sharedViews } from '../shared/views.ts';
import { accountVariants } from '../users/account-page-states.ts';
import { errorNotice as error } from './notices.ts';
import { sampleBrand, sampleBrandFiles, sampleLogo } from './sample-brand.ts';

export const viewsDir = join(import.meta.dirname, '../../../views');

/** A name that tries to break out of the page or into the template. */
export const hostile = `"><svg onload=alert(1)><%= 7*7 %>{{7*7}}\${7*7}' onfocus='alert(2)</title><script>alert(3)</script>`;
const long = 'Department of Extraordinarily-Long-Names-Without-A-Place-To-Break'.repeat(3);

const steps: Readonly<Record<string, StepPage>> = {
  'email-german': { ...stepBase, ...known, locale: 'de', follow, step: email },
  'identify-branded': {
    ...stepBase,
    brand: sampleBrand,
    app: { name: 'Payroll', logoUri: sampleLogo },
    step: { ...identify, identifyWith: 'password' },
  },
  'totp-branded': { ...stepBase, ...known, brand: sampleBrand, locale: 'de', done: ['password'], step: totp },
  'security-question-hostile': {
    ...stepBase,
    ...known,
    step: {
      ...totp,
      authenticator: 'security_question',
      inputs: ['answer'],
      challenge: { questionKey: 'custom', question: hostile },
    },
  },
  'register-german': {
    ...stepBase,
    locale: 'de',
    canRestart: true,
    step: {
      ...registers,
      notices: [error('profile.check'), error('profile.required', { field: 'userProfile.email' })],
    },
  },
  'profile-german': { ...stepBase, ...known, locale: 'de', step: { ...profileStep, canSkip: true } },
  'consent-german': {
    ...stepBase,
    ...known,
    locale: 'de',
    app: { name: 'Partner' },
    step: consent,
    consent: consentTexts,
  },
  'consent-hostile': {
    ...stepBase,
    account: { identifier: hostile },
    app: { name: hostile },
    step: {
      ...consent,
      scopes: [
        { scope: 'openid', required: true, rejected: false },
        { scope: hostile, required: true, rejected: false },
        { scope: 'own', required: false, rejected: false },
        { scope: long, required: false, rejected: true },
      ],
    },
    consent: {
      texts: { own: { label: { en: hostile }, help: { en: hostile } } },
      privacyPolicy: 'https://partner.example/privacy',
    },
  },
  'identify-own-words-hostile': {
    ...stepBase,
    step: identify,
    identify: { label: { en: hostile }, hint: { en: hostile } },
  },
  'keep-account-german': {
    ...stepBase,
    ...known,
    locale: 'de',
    step: { kind: 'keep_account', dueAt: 1_800_000_000, notices: [] },
  },
  'select-account-german': { ...stepBase, ...known, locale: 'de', step: { kind: 'select_account', notices: [] } },
  'select-account-hostile': {
    ...stepBase,
    account: { identifier: hostile },
    canRestart: true,
    app: { name: hostile },
    step: { kind: 'select_account', notices: [] },
  },
  'profile-hostile': {
    ...stepBase,
    ...known,
    step: {
      ...profileStep,
      fields: [
        {
          name: 'note',
          attribute: { ...own, label: { en: hostile }, help: { en: hostile }, options: [{ value: hostile }] },
          required: true,
          value: hostile,
        },
        { name: 'other', attribute: { ...own, label: { en: hostile } }, required: true, value: hostile },
      ],
      terms: [{ id: 'shop', version: hostile, label: { en: hostile }, url: 'https://shop.example/terms' }],
      notices: [],
    },
    typed: { 'userProfile.note': hostile, 'userProfile.other': hostile },
  },
  'denied-branded': {
    ...stepBase,
    ...known,
    brand: sampleBrand,
    step: { kind: 'denied', reason: 'rule', notices: [] },
  },
  'identify-german': {
    ...stepBase,
    locale: 'de',
    step: { ...identify, identifyWith: 'password', notices: [error('credentials.invalid')] },
  },
  'enroll-german': { ...stepBase, ...known, locale: 'de', done: ['password'], step: totpSetup },
  'identify-orange': {
    ...stepBase,
    brand: { name: 'Orange Bank', accent: '#ff8800' },
    step: { ...identify, identifyWith: 'password' },
  },
  'totp-long': {
    ...stepBase,
    brand: { name: long },
    app: { name: long },
    account: { identifier: `${long}@demo.test` },
    canRestart: true,
    step: { ...totp, label: long },
  },
  'identify-hostile': {
    ...stepBase,
    brand: { name: hostile, accent: hostile },
    app: { name: hostile, logoUri: hostile },
    stateHandle: hostile,
    step: {
      ...identify,
      identifyWith: 'password',
      identifier: hostile,
      notices: [error(hostile as RefusalNoticeCode, { params: { account: hostile } })],
    },
  },
  'select-hostile': {
    ...stepBase,
    app: { name: hostile, logoUri: 'javascript:alert(1)' },
    account: { identifier: hostile },
    done: ['totp'],
    step: { ...methodChoice, options: [{ authenticator: 'totp', enrollment: hostile, label: hostile }] },
    canRestart: true,
  },
  'enroll-hostile': {
    ...stepBase,
    step: {
      ...totpSetup,
      offer: { secret: hostile, uri: 'javascript:alert(1)', qr: `<svg>${hostile}` },
    },
  },
  'denied-hostile': { ...stepBase, app: { name: hostile }, step: { kind: 'denied', reason: hostile, notices: [] } },
};

const { brand } = stepBase;

const standalone: Readonly<Record<string, DrawPage>> = {
  'magic-link-elsewhere-hostile': (r) =>
    r.renderMagicLinkElsewhere({
      brand,
      locale: 'en',
      app: { name: hostile },
      code: '012345',
      recovering: false,
      asked: { ip: hostile, browser: hostile, system: '' },
    }),
  'link-not-me-hostile': (r) =>
    r.renderLinkQuestion({
      brand,
      locale: 'de',
      does: 'not_me',
      signIn: { at: 1_795_000_000, app: hostile, browser: hostile, system: hostile, ip: hostile },
      token: hostile,
    }),
  'sign-in-lost-hostile': (r) =>
    r.renderSignInLost({
      brand,
      locale: 'de',
      app: { name: hostile },
      action: '/signin/u/restart',
      stateHandle: hostile,
    }),
  'inbox-hostile': (r) =>
    r.renderInbox({
      brand,
      locale: 'en',
      messages: [{ channel: 'email', to: hostile, subject: hostile, text: hostile, at: '2026-11-24T12:00:00.000Z' }],
    }),
  'error-finished-hostile': (r) =>
    r.renderError({
      brand,
      locale: 'en',
      code: 'sign_in_finished',
      nextLinks: [{ kind: 'restart', href: '/oauth2/v1/authorize?client_id=notes', app: hostile }],
    }),
  'oauth-hostile': (r) =>
    r.renderOAuthError({
      brand: { name: hostile },
      locale: hostile,
      error: hostile,
      description: hostile,
      reference: hostile,
    }),
};

/** Name of the state, and how to draw it. */
export const pageStates: ReadonlyMap<string, DrawPage> = new Map([
  ...samplePages,
  ...Object.entries(steps).map(([name, page]): [string, DrawPage] => [name, (renderer) => renderer.renderStep(page)]),
  ...Object.entries(accountVariants(hostile, long)).map(([name, page]): [string, DrawPage] => [
    name,
    (renderer) => renderer.renderAccount(page),
  ]),
  ...Object.entries(standalone),
]);

const policy = contentSecurityPolicy();

export interface PageServer {
  readonly origin: string;
  close(): Promise<void>;
}

function brandAsset(renderer: Renderer, path: string): Asset | undefined {
  const styles = renderer.brandStyles(path);
  const css = styles?.compose(styles.files.map((hash) => sampleBrandFiles.get(hash)));
  const file = sampleBrandFiles.get(hashInAddress(path) ?? '');
  if (css !== undefined) return assetOf('text/css', Buffer.from(css));
  return file && assetOf(file.type, Buffer.from(file.data, 'base64'));
}

/** Draws in one language, whatever language the state has. */
export function inLanguage(renderer: Renderer, locale: string): Renderer {
  const entries = Object.entries(renderer).map(([name, member]) => {
    if (!name.startsWith('render')) return [name, member];
    return [name, (page: object) => member({ pageAddress: '/', ...page, locale })];
  });
  return Object.fromEntries(entries) as Renderer;
}

/** Serves each state at `/<name>` on a free port; with `?locale=ar` in that language. */
export async function servePages(renderer: Renderer = sharedViews().pages): Promise<PageServer> {
  const { port, close } = await openServer((request, response) => {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://pages');
    const locale = searchParams.get('locale');
    const asset = renderer.asset(path) ?? brandAsset(renderer, path);
    const draw = pageStates.get(path.slice(1));
    if (asset)
      response
        .writeHead(200, { 'content-type': asset.type, 'cache-control': assetCacheControl, etag: asset.etag })
        .end(asset.body);
    else if (draw)
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy })
        .end(draw(locale === null ? renderer : inLanguage(renderer, locale)));
    else if (path === follow.status) response.end(JSON.stringify({ version: follow.version, state: 'open' }));
    else response.writeHead(404).end();
  });
  return { origin: `http://127.0.0.1:${port}`, close };
}

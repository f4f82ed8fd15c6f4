/**
 * Steps and standalone pages as HTML. `createRenderer` promises that
 * - everything below the folders of views is read and compiled once, at the start;
 * - templates get data only, and escape all of it;
 * - a page loads nothing from other hosts, and holds no inline script or style.
 */
import { join } from 'node:path';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { type LocaleWishes, localeChooser } from '../../rendering/locale.ts';
import { loadTemplates } from '../../rendering/templates.ts';
import { loadTranslators, type Translator } from '../../rendering/translator.ts';
import { accentAsset, accentHref } from './accent.ts';
import { type Asset, loadAssets } from './assets.ts';
import { pageTemplates } from './page-templates.ts';
import type { PageTemplateModels } from './template-models.ts';
import type { AccountPage } from './views/account-pages.ts';
import { accountView } from './views/account-view.ts';
import type {
  DeviceConfirmPage,
  DeviceInputPage,
  DeviceSuccessPage,
  ErrorPage,
  InboxPage,
  LogoutPage,
  MagicLinkConfirmPage,
  MagicLinkElsewherePage,
  MagicLinkOverPage,
  OAuthErrorPage,
  PageBase,
  SignedOutPage,
  StepPage,
} from './views/page-models.ts';
import * as standalone from './views/standalone-pages.ts';
import { stepView } from './views/step.ts';
import { noNotices, type View } from './views/view.ts';

/** Each `render...` gives a whole document. */
export interface Renderer {
  renderStep(page: StepPage): string;
  renderAccount(page: AccountPage): string;
  renderError(page: ErrorPage): string;
  renderOAuthError(page: OAuthErrorPage): string;
  renderDeviceInput(page: DeviceInputPage): string;
  renderDeviceConfirm(page: DeviceConfirmPage): string;
  renderDeviceSuccess(page: DeviceSuccessPage): string;
  renderLogout(page: LogoutPage): string;
  renderSignedOut(page: SignedOutPage): string;
  renderMagicLinkConfirm(page: MagicLinkConfirmPage): string;
  renderMagicLinkElsewhere(page: MagicLinkElsewherePage): string;
  renderMagicLinkOver(page: MagicLinkOverPage): string;
  renderInbox(page: InboxPage): string;
  /** The texts of a language; English for one that has none. */
  texts(locale: string): Translator;
  /** Every language that has texts. */
  readonly locales: readonly string[];
  chooseLocale(wishes: LocaleWishes): string;
  /** What to answer for a path under `/assets/`; undefined: 404. Send with `assetCacheControl`. */
  asset(path: string): Asset | undefined;
}

export interface RendererOptions {
  /** The folder of the views that ship. */
  readonly viewsDir: string;
  /** Told the name of each template that is drawn, for tests. */
  readonly drawn?: (template: string) => void;
}

/** Throws if a template is missing or broken, or if a catalogue cannot be read. */
export function createRenderer({ viewsDir, drawn }: RendererOptions): Renderer {
  const dirs = [viewsDir];
  const templates = loadTemplates<PageTemplateModels>(dirs, pageTemplates, omitUndefined({ drawn }));
  const translators = loadTranslators(dirs);
  const english = translators.get('en') as Translator;
  const assets = loadAssets(join(viewsDir, 'assets'));
  const locales = [...translators.keys()];
  const accentOf = rememberLast(accentHref);
  const asset = (name: string): string => assets.hrefs[name] ?? '';

  const page =
    <P extends PageBase>(toView: (page: P, t: Translator) => View) =>
    (page: P): string => {
      const t = translators.get(page.locale) ?? english;
      const view = toView(page, t);
      const { heading, context, app } = view;
      const failed = (view.notices?.errors.length ?? 0) > 0;
      const accent = accentOf(page.brand.accent);
      return templates.draw(
        'layout',
        {
          locale: t.locale,
          title: {
            key: failed ? 'title.error' : 'title',
            params: { title: t.text(heading.key, heading.params), brand: page.brand.name },
          },
          brand: { name: page.brand.name },
          favicon: asset('icon.svg'),
          stylesheets: [asset('stepgate.css'), ...(accent === undefined ? [] : [accent])],
          scripts: (view.scripts ?? []).map(asset),
          wide: view.wide ?? false,
          heading,
          ...omitUndefined({ context, app }),
          notices: view.notices ?? noNotices,
          main: templates.draw(view.template, view.model, t),
        },
        t,
      );
    };

  return {
    renderStep: page(stepView),
    renderAccount: page(accountView),
    renderError: page(standalone.errorView),
    renderOAuthError: page(standalone.oauthErrorView),
    renderDeviceInput: page(standalone.deviceInputView),
    renderDeviceConfirm: page(standalone.deviceConfirmView),
    renderDeviceSuccess: page(standalone.deviceSuccessView),
    renderLogout: page(standalone.logoutView),
    renderSignedOut: page(standalone.signedOutView),
    renderMagicLinkConfirm: page(standalone.magicLinkConfirmView),
    renderMagicLinkElsewhere: page(standalone.magicLinkElsewhereView),
    renderMagicLinkOver: page(standalone.magicLinkOverView),
    renderInbox: page(standalone.inboxView),
    texts: (locale) => translators.get(locale) ?? english,
    locales,
    chooseLocale: localeChooser(locales),
    asset: (path) => assets.byPath.get(path) ?? accentAsset(path),
  };
}

/** A brand has one colour for months; working its stylesheet out costs more than a page. */
function rememberLast<A, R>(work: (argument: A) => R): (argument: A) => R {
  let last: { readonly argument: A; readonly result: R } | undefined;
  return (argument) => {
    if (last === undefined || last.argument !== argument) last = { argument, result: work(argument) };
    return last.result;
  };
}

/**
 * Steps and standalone pages as HTML. `createRenderer` promises that
 * - everything in the view folders is read and compiled once, at start-up;
 * - templates get only data, and escape all of it;
 * - a page loads nothing from other hosts, and contains no inline script or style.
 */
import { join } from 'node:path';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { linkNames } from '../../policy/model/brand.ts';
import type { Brand } from '../../policy/revision/brand.ts';
import { fallbackLocale } from '../../rendering/catalogue.ts';
import { type LocaleWishes, localeChooser } from '../../rendering/locale.ts';
import { loadTemplates, type Templates } from '../../rendering/templates.ts';
import { loadTranslators, type Translator } from '../../rendering/translator.ts';
import { type Asset, loadAssets } from './assets/assets.ts';
import { type BrandStyles, brandStylesAt, brandStylesHref } from './assets/brand-styles.ts';
import { logoStylesAt } from './assets/logo-styles.ts';
import { scriptBundles } from './assets/script-bundles.ts';
import { localized } from './fields/localized.ts';
import { pageTemplates } from './models/page-templates.ts';
import type { LanguagesModel, LinkModel } from './models/shared-models.ts';
import type { PageTemplateModels } from './models/template-models.ts';
import type { AccountPage } from './views/account-pages.ts';
import { accountView } from './views/account-view.ts';
import { linkQuestionView, linkResultView } from './views/link-pages.ts';
import type {
  DeviceConfirmPage,
  DeviceInputPage,
  DeviceSuccessPage,
  ErrorPage,
  InboxPage,
  LinkQuestionPage,
  LinkResultPage,
  LogoutPage,
  MagicLinkConfirmPage,
  MagicLinkElsewherePage,
  MagicLinkOverPage,
  OAuthErrorPage,
  PageBase,
  SignedOutPage,
  SignInLostPage,
  StepPage,
} from './views/page-models.ts';
import { noNotices, type View } from './views/page-view.ts';
import * as standalone from './views/standalone-pages.ts';
import { stepView } from './views/step.ts';

/** How many brands have their stylesheet address cached. */
const mostBrands = 500;

/** Each `render...` returns a complete document. */
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
  renderSignInLost(page: SignInLostPage): string;
  renderLinkQuestion(page: LinkQuestionPage): string;
  renderLinkResult(page: LinkResultPage): string;
  renderInbox(page: InboxPage): string;
  /** The texts of a language. English if the language has none. */
  texts(locale: string): Translator;
  /** Every language that has texts. */
  readonly locales: readonly string[];
  chooseLocale(wishes: LocaleWishes): string;
  /** The response for a path under `/assets/`. Undefined: 404. To be sent with `assetCacheControl`. */
  asset(path: string): Asset | undefined;
  /** The styles of a brand or the logos of apps at a path under `/assets/`. Undefined for other paths. */
  brandStyles(path: string): BrandStyles | undefined;
}

export interface RendererOptions {
  /** The folder of the shipped views. */
  readonly viewsDir: string;
  /** The operator's folder, whose templates and texts replace the shipped ones. */
  readonly operatorViewsDir?: string;
  /** Called with the name of each rendered template, for tests. */
  readonly drawn?: (template: string) => void;
}

/** Throws if a template is missing or broken, or if a catalogue cannot be read. */
export function createRenderer({ viewsDir, operatorViewsDir, drawn }: RendererOptions): Renderer {
  const dirs = [viewsDir, ...(operatorViewsDir === undefined ? [] : [operatorViewsDir])];
  const translators = loadTranslators(dirs);
  const locales = [...translators.keys()];
  const assets = loadAssets(join(viewsDir, 'assets'));
  const scripts = scriptBundles(assets);
  const baseStyles = String(assets.byPath.get(assets.hrefs['stepgate.css'] ?? '')?.body ?? '');
  const parts: PageParts = {
    templates: loadTemplates<PageTemplateModels>(dirs, pageTemplates, omitUndefined({ drawn })),
    translator: (locale) => translators.get(locale) ?? (translators.get(fallbackLocale) as Translator),
    asset: (name) => assets.hrefs[name] ?? '',
    scriptsHref: scripts.href,
    stylesHref: rememberByBrand((brand) => brandStylesHref(brand, baseStyles)),
  };
  const page =
    <P extends PageBase>(toView: (page: P, t: Translator) => View) =>
    (data: P): string =>
      drawPage(parts, data, toView);
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
    renderSignInLost: page(standalone.signInLostView),
    renderLinkQuestion: page(linkQuestionView),
    renderLinkResult: page(linkResultView),
    renderInbox: page(standalone.inboxView),
    texts: parts.translator,
    locales,
    chooseLocale: localeChooser(locales),
    asset: (path) => assets.byPath.get(path) ?? scripts.asset(path),
    brandStyles: (path) => brandStylesAt(path, baseStyles) ?? logoStylesAt(path),
  };
}

interface PageParts {
  readonly templates: Templates<PageTemplateModels>;
  readonly translator: (locale: string) => Translator;
  /** Path of an asset by its file name. */
  readonly asset: (name: string) => string;
  /** Path of one file with all scripts of a page. Undefined if there are none. */
  readonly scriptsHref: (names: readonly string[]) => string | undefined;
  readonly stylesHref: (brand: Brand) => string | undefined;
}

/** The content of a page within the common frame. */
function drawPage<P extends PageBase>(
  { templates, translator, asset, scriptsHref, stylesHref }: PageParts,
  page: P,
  toView: (page: P, t: Translator) => View,
): string {
  const { brand, signals = [] } = page;
  const t = translator(page.locale).inZone(page.timeZone);
  const {
    heading,
    context,
    app,
    account,
    nav,
    back,
    returnTo,
    ending,
    scripts = [],
    styles,
    wide = false,
    notices = noNotices,
    ...content
  } = toView(page, t);
  const title = { title: t.text(heading.key, heading.params), brand: brand.name };
  return templates.draw(
    'layout',
    {
      locale: t.locale,
      title: { key: notices.errors.length > 0 ? 'title.error' : 'title', params: title },
      brand: {
        name: brand.name,
        hasBackground: brand.background !== undefined,
        ...(brand.logo && { logo: brand.logo }),
      },
      favicon: brand.favicon ?? asset('icon.svg'),
      stylesheets: [stylesHref(brand) ?? asset('stepgate.css'), ...(styles === undefined ? [] : [styles])],
      links: linkModels(brand.links, t),
      ...omitUndefined({ languages: languagesModel(page.pageAddress, t) }),
      signals: signals.map((signal) => JSON.stringify(signal)),
      wide,
      heading,
      ...omitUndefined({
        context,
        app,
        account,
        nav,
        back,
        returnTo,
        ending,
        script: scriptsHref([...scripts, ...(signals.length > 0 ? ['credential-signals.js'] : [])]),
      }),
      notices,
      main: templates.draw(content.template, content.model, t),
    },
    t,
  );
}

function languagesModel(back: string | undefined, { locale, languages }: Translator): LanguagesModel | undefined {
  const current = languages.find(({ locale: { tag } }) => tag === locale.tag);
  if (back === undefined || current === undefined || languages.length < 2) return undefined;
  return { current, others: languages.filter((language) => language !== current), back };
}

function linkModels(links: Brand['links'] = {}, t: Translator): readonly LinkModel[] {
  return linkNames.flatMap((name) => {
    const address = links[name];
    return address === undefined ? [] : [{ text: { key: `links.${name}` }, href: localized(address, t) }];
  });
}

/** Cached per brand, because computing a stylesheet address takes longer than a page. */
function rememberByBrand(work: (brand: Brand) => string | undefined): (brand: Brand) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (brand) => {
    const { accent, light, dark, stylesheet, background } = brand;
    const key = JSON.stringify([accent, light, dark, stylesheet, background]);
    if (!known.has(key)) {
      if (known.size >= mostBrands) known.clear();
      known.set(key, work(brand));
    }
    return known.get(key);
  };
}

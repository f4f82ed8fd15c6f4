/** Steps and plain pages as HTML. Templates are compiled once, get data only as locals, and escape all of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { type LocaleWishes, localeChooser } from '../../rendering/locale.ts';
import type { MessageDescriptor } from '../../rendering/message-descriptor.ts';
import { loadTranslators, type Translator } from '../../rendering/translator.ts';
import { accentAsset, accentHref } from './accent.ts';
import { type Asset, loadAssets } from './assets.ts';
import { type AccountPage, accountView } from './views/account.ts';
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
  PageBase,
  SignedOutPage,
  StepPage,
} from './views/page-models.ts';
import * as plain from './views/plain.ts';
import { type View, viewOfStep } from './views/step.ts';

type Locals = Readonly<Record<string, unknown>>;

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
  renderLinkConfirm(page: LinkConfirmPage): string;
  renderLinkElsewhere(page: LinkElsewherePage): string;
  renderLinkOver(page: LinkOverPage): string;
  renderInbox(page: InboxPage): string;
  /** The texts of a language; English for one that has none. */
  texts(locale: string): Translator;
  /** Every language that has texts. */
  readonly locales: readonly string[];
  chooseLocale(wishes: LocaleWishes): string;
  /** What to answer for a path under `/assets/`; undefined: 404. Send with `assetCacheControl`. */
  asset(path: string): Asset | undefined;
}

/** Reads and compiles everything under `viewsDir`. Throws if a template or catalog is broken. */
export function createRenderer({ viewsDir }: { readonly viewsDir: string }): Renderer {
  const layout = compileViews(viewsDir);
  const translators = loadTranslators([viewsDir]);
  const english = translators.get('en') as Translator;
  const icons = readIcons(join(viewsDir, 'icons'));
  const assets = loadAssets(join(viewsDir, 'assets'));
  const locales = [...translators.keys()];

  const hrefOf = rememberLast(accentHref);

  const draw = <P extends PageBase>(page: P, toView: (page: P, t: Translator) => View): string => {
    const t = translators.get(page.locale) ?? english;
    return layout({
      ...toView(page, t),
      t,
      brand: page.brand,
      hrefs: assets.hrefs,
      icons,
      say: (message: MessageDescriptor) => t.html(message),
      accentHref: hrefOf(page.brand.accent),
    });
  };

  return {
    renderStep: (page) => draw(page, viewOfStep),
    renderAccount: (page) => draw(page, accountView),
    renderError: (page) => draw(page, plain.error),
    renderOAuthError: (page) => draw(page, plain.oauthError),
    renderDeviceInput: (page) => draw(page, plain.deviceInput),
    renderDeviceConfirm: (page) => draw(page, plain.deviceConfirm),
    renderDeviceSuccess: (page) => draw(page, plain.deviceSuccess),
    renderLogout: (page) => draw(page, plain.logout),
    renderSignedOut: (page) => draw(page, plain.signedOut),
    renderLinkConfirm: (page) => draw(page, plain.linkConfirm),
    renderLinkElsewhere: (page) => draw(page, plain.linkElsewhere),
    renderLinkOver: (page) => draw(page, plain.linkOver),
    renderInbox: (page) => draw(page, plain.inbox),
    texts: (locale) => translators.get(locale) ?? english,
    locales,
    chooseLocale: localeChooser(locales),
    asset: (path) => assets.byPath.get(path) ?? accentAsset(path),
  };
}

/** SVG that stands in the page itself, so that it takes the colour of its text. */
function readIcons(dir: string): Readonly<Record<string, string>> {
  const files = readdirSync(dir).filter((name) => name.endsWith('.svg'));
  return Object.fromEntries(
    files.map((name) => [name.slice(0, -'.svg'.length), readFileSync(join(dir, name), 'utf8').trim()]),
  );
}

/** A brand has one colour for months; working its stylesheet out costs more than a page. */
function rememberLast<A, R>(work: (argument: A) => R): (argument: A) => R {
  let last: { readonly argument: A; readonly result: R } | undefined;
  return (argument) => {
    if (last === undefined || last.argument !== argument) last = { argument, result: work(argument) };
    return last.result;
  };
}

/**
 * Compiles every template, so that a broken one stops the start and not a sign-in; gives the layout. Templates reach one another through
 * `l.part(name, locals)`: EJS's own `include` looks at the disk each time.
 */
function compileViews(viewsDir: string): (locals: Locals) => string {
  const views = new Map<string, ejs.TemplateFunction>();
  for (const name of readdirSync(viewsDir, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ejs')) continue;
    const filename = join(viewsDir, name);
    const source = readFileSync(filename, 'utf8');
    views.set(
      name.slice(0, -'.ejs'.length),
      ejs.compile(source, { filename, strict: true, _with: false, localsName: 'l' }),
    );
  }
  const part = (name: string, locals: Locals): string => {
    const view = views.get(name);
    if (view === undefined) throw new Error(`no view ${name}`);
    return view(locals);
  };
  return (locals) => part('layout', { ...locals, part });
}

/**
 * How the product, and the app that a user signs in to, present themselves: the one place that pages and messages ask.
 */
import type { BrandColors } from '../../rendering/palette.ts';
import type { App, ClientMetadata } from '../model/app.ts';
import { type BrandLinks, type BrandSettings, joinBrands, type PictureFiles } from '../model/brand.ts';
import type { Settings } from '../model/settings.ts';

/** As a page needs it: files by their addresses on this host. */
export interface Brand extends BrandColors {
  /** Name of the product as users know it. */
  readonly name: string;
  readonly logo?: Picture;
  readonly background?: Picture;
  readonly favicon?: string;
  /** SHA-256 of the document that holds it. */
  readonly stylesheet?: string;
  readonly links?: BrandLinks;
}

/** Addresses on this host. Without `dark`, `light` serves in both schemes. */
export type Picture = PictureFiles;

export interface AppLabel {
  readonly name: string;
  /** As configured: a page shows it only if that loads nothing from another host. */
  readonly logoUri?: string;
  /** No relying party: the built-in app in which users look after their own account. */
  readonly ownAccount?: true;
}

/** Before there is a configuration. */
const unconfigured: BrandSettings = { name: 'Stepgate' };

interface Branding {
  readonly brand: Brand;
}

type BrandingWith<A> = A extends App ? Branding & { readonly app: AppLabel } : Branding;

/** What a snapshot has of brands. */
export interface BrandSource {
  readonly settings: Settings;
  fileHash?(file: string): string | undefined;
}

/** With an app, its own brand and its label too, so that both can be spread into what a page is given. */
export function brandFor<A extends App | undefined = undefined>(
  snapshot: BrandSource | undefined,
  app?: A,
): BrandingWith<A> {
  const { fileHash = () => undefined } = snapshot ?? {};
  const brand = withAddresses(joinBrands(snapshot?.settings.brand ?? unconfigured, app?.brand), fileHash);
  return (app === undefined ? { brand } : { brand, app: appLabel(app, { fileHash }) }) as BrandingWith<A>;
}

/** The label of an app, as lists of apps show it. */
export function appLabel(
  { name, client, logo, ownAccount }: Pick<App, 'name' | 'client' | 'logo' | 'ownAccount'>,
  { fileHash = () => undefined }: Pick<BrandSource, 'fileHash'>,
): AppLabel {
  const logoUri = addressOf(logo, fileHash) ?? client.logo_uri;
  return { name, ...(logoUri ? { logoUri } : {}), ...(ownAccount ? { ownAccount } : {}) };
}

type FileHash = NonNullable<BrandSource['fileHash']>;

function withAddresses({ logo, background, favicon, stylesheet, ...rest }: BrandSettings, hash: FileHash): Brand {
  const pictures = { logo: pictureOf(logo, hash), background: pictureOf(background, hash) };
  const icon = addressOf(favicon, hash);
  const sheet = stylesheet === undefined ? undefined : hash(stylesheet);
  return {
    ...rest,
    ...(pictures.logo && { logo: pictures.logo }),
    ...(pictures.background && { background: pictures.background }),
    ...(icon && { favicon: icon }),
    ...(sheet && { stylesheet: sheet }),
  };
}

function pictureOf(files: PictureFiles | undefined, hash: FileHash): Picture | undefined {
  const light = addressOf(files?.light, hash);
  if (light === undefined) return undefined;
  const dark = addressOf(files?.dark, hash);
  return dark === undefined ? { light } : { light, dark };
}

/** The address names the content: every node can answer for it, in every revision, and browsers keep it for good. */
function addressOf(file: string | undefined, hash: FileHash): string | undefined {
  const found = file === undefined ? undefined : hash(file);
  return found && file && `/assets/brand.${found}${file.slice(file.lastIndexOf('.'))}`;
}

/** The SHA-256 in an address that `brandFor` gives; `undefined`: it is none. */
export function hashInAddress(path: string): string | undefined {
  return /^\/assets\/brand\.([0-9a-f]{64})\.[a-z]{3,4}$/.exec(path)?.[1];
}

/**
 * Where an app begins a sign-in by itself: `initiate_login_uri` with the issuer (OpenID Connect Core section 4). Else
 * its home page. `undefined`: it has neither.
 */
export function appAddress(
  { initiate_login_uri: initiate, client_uri: home }: Pick<ClientMetadata, 'initiate_login_uri' | 'client_uri'>,
  issuer: string,
): string | undefined {
  if (initiate === undefined) return home;
  const url = new URL(initiate);
  url.searchParams.set('iss', issuer);
  return url.href;
}

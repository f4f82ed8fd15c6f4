/**
 * How the product, and the app that a user signs in to, present themselves: the one place that pages and messages ask.
 */
import type { App, ClientMetadata } from '../model/app.ts';
import type { Settings } from '../model/settings.ts';

/** Name of the product as users know it, and the CSS colour `#rrggbb` of buttons and links. */
export type Brand = Settings['brand'];

export interface AppLabel {
  readonly name: string;
  /** As configured: a page shows it only if that loads nothing from another host. */
  readonly logoUri?: string;
  /** No relying party: the built-in app in which users look after their own account. */
  readonly ownAccount?: true;
}

/** Before there is a configuration. */
const unconfigured: Brand = { name: 'Stepgate' };

interface Branding {
  readonly brand: Brand;
}

type BrandingWith<A> = A extends App ? Branding & { readonly app: AppLabel } : Branding;

/** With an app, its label too, so that both can be spread into what a page is given. */
export function brandFor<A extends App | undefined = undefined>(
  snapshot: { readonly settings: Settings } | undefined,
  app?: A,
): BrandingWith<A> {
  const brand = snapshot?.settings.brand ?? unconfigured;
  return (app === undefined ? { brand } : { brand, app: appLabel(app) }) as BrandingWith<A>;
}

function appLabel({ name, client, ownAccount }: App): AppLabel {
  return {
    name,
    ...(client.logo_uri ? { logoUri: client.logo_uri } : {}),
    ...(ownAccount ? { ownAccount } : {}),
  };
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

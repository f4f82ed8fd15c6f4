/** The account pages as data, and their views. */
import type { Notice } from '../../../core/step/step.ts';
import type { OwnDevice } from '../../../flow/account/devices.ts';
import type { LostApps } from '../../../flow/account/lost-apps.ts';
import type { NamedApps } from '../../../flow/account/named-apps.ts';
import type { Overview, OwnAuthenticator } from '../../../flow/account/overview.ts';
import type { OwnSession, Place } from '../../../flow/account/sessions.ts';
import type { Translator } from '../../../rendering/translator.ts';
import type { PageBase } from './page-models.ts';
import { messageViews, type View } from './step.ts';

interface AccountPageBase extends PageBase {
  readonly messages: readonly Notice[];
}

export interface OverviewPage extends AccountPageBase {
  readonly kind: 'overview';
  readonly overview: Overview;
}

export interface AuthenticatorPage extends AccountPageBase {
  readonly kind: 'authenticator';
  readonly authenticator: OwnAuthenticator;
  /** A new name that was refused, as it was typed. */
  readonly label?: string;
  readonly renameHandle: string;
  readonly removeHandle: string;
  /** Apps that they could no longer sign in to without it. */
  readonly lost?: LostApps;
  /** Apps for which it must stay, and the keys of what may be added so that it can go. */
  readonly needed?: NamedApps & { readonly instead: readonly string[] };
}

export interface AddAddressPage extends AccountPageBase {
  readonly kind: 'add-address';
  /** As it was typed. */
  readonly email: string;
  readonly handle: string;
}

export interface ConfirmAddressPage extends AccountPageBase {
  readonly kind: 'confirm-address';
  readonly address: string;
  readonly handle: string;
  readonly resendHandle: string;
}

export interface RemoveAddressPage extends AccountPageBase {
  readonly kind: 'remove-address';
  readonly address: string;
  readonly action: string;
  readonly handle: string;
}

export interface ForgetDevicePage extends AccountPageBase {
  readonly kind: 'forget-device';
  readonly device: OwnDevice;
  readonly action: string;
  readonly handle: string;
}

/** `session` absent: all others. */
export interface EndSessionPage extends AccountPageBase {
  readonly kind: 'end-session';
  readonly session?: OwnSession;
  readonly action: string;
  readonly handle: string;
}

export type AccountPage =
  | OverviewPage
  | AuthenticatorPage
  | EndSessionPage
  | AddAddressPage
  | ConfirmAddressPage
  | RemoveAddressPage
  | ForgetDevicePage;

export interface AccountView extends View {
  readonly wide: boolean;
  /** Name of an authenticator in the language of the page. */
  readonly nameOf: (key: string) => string;
  /** A moment (epoch seconds) in words and for machines. */
  readonly when: (at: number) => { readonly text: string; readonly iso: string };
  readonly placeOf: (place: Place) => string;
}

export function accountView(page: AccountPage, t: Translator): AccountView {
  const format = new Intl.DateTimeFormat(t.locale.tag, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' });
  return {
    template: `account/${page.kind}`,
    heading: { key: headingOf(page) },
    messages: messageViews(page.messages, t),
    fields: [],
    page,
    wide: page.kind === 'overview',
    nameOf: (key) => t.text(t.pick(`authenticator.${key}`, 'authenticator.other'), { key }),
    when: (at) => {
      const date = new Date(at * 1000);
      return { text: `${format.format(date)}\u00a0UTC`, iso: date.toISOString() };
    },
    placeOf: ({ browser, system, ip }) =>
      [[browser, system].filter((text) => text !== '').join(', ') || t.text('account.place.unknown'), ip]
        .filter((text) => text !== '')
        .join(' · '),
  };
}

const headings: Readonly<Record<AccountPage['kind'], string>> = {
  overview: 'account.title',
  authenticator: 'account.authenticator.title',
  'end-session': 'account.sessions.others.title',
  'add-address': 'account.address.add.title',
  'confirm-address': 'account.address.confirm.title',
  'remove-address': 'account.address.remove.title',
  'forget-device': 'account.device.forget.title',
};

function headingOf(page: AccountPage): string {
  return page.kind === 'end-session' && page.session ? 'account.session.end.title' : headings[page.kind];
}

/** The data for rendering each page of the user's own account. */
import type { Seconds } from '../../../core/model/facts.ts';
import type { Notice } from '../../../core/step/step.ts';
import type { ConnectedApp } from '../../../flow/account/apps.ts';
import type { OwnDevice } from '../../../flow/account/devices.ts';
import type { LostApps } from '../../../flow/account/lost-apps.ts';
import type { NamedApps } from '../../../flow/account/named-apps.ts';
import type { OpenableApp } from '../../../flow/account/openable-apps.ts';
import type { Overview, OwnAuthenticator } from '../../../flow/account/overview.ts';
import type { OwnProfile, ProfileIdentifier } from '../../../flow/account/profile.ts';
import type { OwnSession } from '../../../flow/account/sessions.ts';
import type { PageBase } from './page-models.ts';

interface AccountPageBase extends PageBase {
  readonly notices: readonly Notice[];
  /** The app from which the user came, and its address. */
  readonly returnTo?: { readonly name: string; readonly href: string };
}

/** The first page, and the parts of the account with a page of their own. */
export interface OverviewPage extends AccountPageBase {
  readonly kind: 'overview' | 'methods' | 'devices' | 'activity' | 'notifications';
  readonly overview: Overview;
  /** Epoch seconds. */
  readonly now: Seconds;
  /** The user requested the deletion of the account. */
  readonly keep?: KeepAccount;
}

/** The time of the deletion (epoch seconds), and the form that cancels it. */
export interface KeepAccount {
  readonly dueAt: Seconds;
  readonly handle: string;
}

export interface KeepAccountPage extends AccountPageBase, KeepAccount {
  readonly kind: 'keep-account';
}

export interface DeleteAccountPage extends AccountPageBase {
  readonly kind: 'delete-account';
  /** When it would be deleted (epoch seconds). */
  readonly dueAt: Seconds;
  /** Apps that will be notified. */
  readonly apps: NamedApps;
  readonly canDownload: boolean;
  readonly handle: string;
}

export interface AuthenticatorPage extends AccountPageBase {
  readonly kind: 'authenticator';
  readonly authenticator: OwnAuthenticator;
  /** A refused new name, as the user typed it. */
  readonly label?: string;
  readonly renameHandle: string;
  readonly removeHandle: string;
  /** Apps that the user could no longer sign in to without it. */
  readonly lost?: LostApps;
  /** Without it the user could not sign in. */
  readonly isLast?: boolean;
  /** Apps because of which it cannot be removed, and the keys of authenticators whose addition would change that. */
  readonly needed?: NamedApps & { readonly instead: readonly string[] };
}

export interface AddAddressPage extends AccountPageBase {
  readonly kind: 'add-address';
  /** As the user typed it. */
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

/** `session` absent: all other sessions. */
export interface EndSessionPage extends AccountPageBase {
  readonly kind: 'end-session';
  readonly session?: OwnSession;
  readonly action: string;
  readonly handle: string;
}

export interface ProfilePage extends AccountPageBase {
  readonly kind: 'profile';
  readonly profile: OwnProfile;
  readonly handle: string;
  /** The values of a refused form, by input name. */
  readonly typed?: Readonly<Record<string, string>>;
}

export interface ChangeIdentifierPage extends AccountPageBase {
  readonly kind: 'change-identifier';
  readonly identifier: ProfileIdentifier['kind'];
  /** Absent if there is none yet. */
  readonly present?: string;
  /** As the user typed it. */
  readonly typed: string;
  readonly handle: string;
}

export interface ConfirmIdentifierPage extends AccountPageBase {
  readonly kind: 'confirm-identifier';
  readonly identifier: ProfileIdentifier['kind'];
  readonly value: string;
  readonly handle: string;
  readonly resendHandle: string;
}

export interface AccountExportPage extends AccountPageBase {
  readonly kind: 'data';
  readonly handle: string;
}

export interface AppsPage extends AccountPageBase {
  readonly kind: 'apps';
  readonly apps: readonly ConnectedApp[];
  readonly openable: readonly OpenableApp[];
}

export interface EndAppAccessPage extends AccountPageBase {
  readonly kind: 'end-app-access';
  readonly app: ConnectedApp;
  readonly action: string;
  readonly handle: string;
}

export type AccountPage =
  | DeleteAccountPage
  | KeepAccountPage
  | AccountExportPage
  | AppsPage
  | EndAppAccessPage
  | ProfilePage
  | ChangeIdentifierPage
  | ConfirmIdentifierPage
  | OverviewPage
  | AuthenticatorPage
  | EndSessionPage
  | AddAddressPage
  | ConfirmAddressPage
  | RemoveAddressPage
  | ForgetDevicePage;

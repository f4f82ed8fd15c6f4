/** Models of the templates for the user's own account. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Field } from '../fields/inputs.ts';
import type { AppLogoModel, FormModel, LeadModel, NoticesModel, OptionModel, SignInRow } from './shared-models.ts';

/** The first page: the state of the account, and suggestions. */
export interface OverviewModel {
  /** The user requested the deletion of the account. */
  readonly keep?: KeepAccountModel;
  readonly suggestions: readonly SuggestionModel[];
  readonly cards: readonly CardModel[];
}

export interface SuggestionModel {
  readonly icon: string;
  readonly title: MessageDescriptor;
  readonly about: MessageDescriptor;
  readonly href: string;
  readonly action: MessageDescriptor;
}

/** Links to one of the other pages. */
export interface CardModel {
  readonly icon: string;
  readonly title: MessageDescriptor;
  readonly state: MessageDescriptor;
  readonly href: string;
}

export interface DevicesPageModel {
  readonly sessions: SessionsModel;
  readonly devices: DevicesModel;
}

export interface AuthenticatorsModel {
  readonly authenticators: readonly AuthenticatorEntry[];
  readonly addable: readonly AddAuthenticatorModel[];
  readonly full: readonly { readonly authenticator: string; readonly text: MessageDescriptor }[];
}

export interface AuthenticatorEntry extends AuthenticatorTitle {
  /** How many uses remain. */
  readonly remaining?: { readonly count: number; readonly few: boolean; readonly text: MessageDescriptor };
  readonly href: string;
  /** The text of the link for screen readers. */
  readonly manage: MessageDescriptor;
}

export interface AuthenticatorTitle {
  readonly icon: string;
  /** The name that the user gave it, or the name of its kind. */
  readonly name: string;
  /** Kind, address and day, unless the name already contains them. */
  readonly about: MessageDescriptor;
}

export interface AddAuthenticatorModel {
  /** Not `icon`: that is a helper of templates. */
  readonly authenticatorIcon: string;
  readonly href: string;
  readonly text: MessageDescriptor;
}

export interface SessionsModel {
  readonly sessions: readonly SessionEntry[];
}

export interface SessionEntry extends SessionDetailsModel {
  readonly current: boolean;
  readonly place: MessageDescriptor;
  readonly href: string;
  readonly end: MessageDescriptor;
}

export interface SessionDetailsModel {
  /** Names of apps. */
  readonly apps: readonly string[];
  readonly times: MessageDescriptor;
}

export interface DevicesModel {
  readonly devices: readonly DeviceEntry[];
}

export interface DeviceEntry {
  readonly current: boolean;
  readonly place: MessageDescriptor;
  /** Names of the authenticators that are not asked for. */
  readonly authenticators: readonly string[];
  readonly times: MessageDescriptor;
  readonly href: string;
  readonly forget: MessageDescriptor;
}

export interface SignInsModel {
  readonly signIns: readonly SignInRow[];
}

export interface AddressesModel {
  readonly lead: MessageDescriptor;
  readonly addresses: readonly AddressEntry[];
  readonly canAdd: boolean;
  /** An address waits for its code. */
  readonly asked?: MessageDescriptor;
}

export interface AddressEntry {
  readonly address: string;
  readonly source: MessageDescriptor;
  /** Absent if the address is managed elsewhere. */
  readonly remove?: { readonly href: string; readonly text: MessageDescriptor };
}

/** An app with access. */
export interface ConnectedAppModel {
  readonly name: string;
  /** What it may do, in words. Empty if the user was never asked. */
  readonly scopes: readonly string[];
  /** When the user granted it. */
  readonly since?: MessageDescriptor;
  /** Its access outlives the session. */
  readonly offline?: MessageDescriptor;
}

export interface ConnectedAppsModel extends LeadModel {
  /** Apps that the user can open. */
  readonly open: readonly OpenableAppModel[];
  readonly apps: readonly (ConnectedAppModel & {
    readonly logo: AppLogoModel;
    readonly href: string;
    readonly end: MessageDescriptor;
  })[];
}

/** An app that admits the user, and its address. */
export interface OpenableAppModel {
  readonly app: AppLogoModel;
  readonly href: string;
  /** What the link does, in addition to its name. */
  readonly open: MessageDescriptor;
}

export interface EndAppAccessModel extends LeadModel {
  readonly app: ConnectedAppModel;
  /** The page's main form. */
  readonly main: FormModel;
}

/** Names of apps, as many as fit. */
export interface AppsModel {
  readonly id: string;
  readonly lead: MessageDescriptor;
  readonly names: readonly string[];
  readonly more?: MessageDescriptor;
}

/** For an input of an account page: the id of the message about it. */
export interface Invalid {
  readonly describedBy: string;
}

export interface AuthenticatorModel extends Omit<AuthenticatorTitle, 'icon'> {
  readonly rename: { readonly form: FormModel; readonly value: string; readonly invalid?: Invalid };
  /** The consequences of removing it. */
  readonly removeLead: MessageDescriptor;
  /** It cannot be removed, because the user could not sign in without it. */
  readonly isLast: boolean;
  /** Apps because of which it cannot be removed. */
  readonly needed?: { readonly apps: AppsModel; readonly instead: readonly AddAuthenticatorModel[] };
  /** Apps that the user could no longer sign in to, and the value that confirms this. */
  readonly lost?: { readonly apps: AppsModel; readonly confirmation: string; readonly invalid?: Invalid };
  readonly remove: FormModel;
}

export interface EndSessionModel {
  readonly lead: MessageDescriptor;
  /** Absent for all other sessions. */
  readonly session?: SessionDetailsModel;
  /** The page's main form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
}

export interface ForgetDeviceModel extends LeadModel {
  /** The page's main form. */
  readonly main: FormModel;
}

export interface AddAddressModel {
  /** The page's main form. */
  readonly main: FormModel;
  readonly email: string;
  readonly invalid?: Invalid;
}

export interface ConfirmAddressModel extends LeadModel {
  /** The page's main form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
  readonly resend: OptionModel;
  readonly invalid?: Invalid;
}

export interface RemoveAddressModel {
  readonly address: string;
  /** The page's main form. */
  readonly main: FormModel;
}

export interface OwnProfileModel {
  readonly identifiers: readonly OwnIdentifierModel[];
  /** Absent if only administrators may change the profile. */
  readonly edit?: { readonly main: FormModel; readonly groups: readonly ProfileGroupModel[] };
  /** Values that only administrators may change. */
  readonly fixed: readonly FixedValueModel[];
  /** The user may download all stored data. */
  readonly canDownload: boolean;
  /** The user may delete the account. */
  readonly canDelete: boolean;
}

export interface DeleteAccountModel extends LeadModel {
  /** Apps that are notified. */
  readonly apps?: AppsModel;
  readonly canDownload: boolean;
  /** The page's main form. */
  readonly main: FormModel;
  readonly invalid?: Invalid;
}

/** The deletion is due later. */
export interface KeepAccountModel extends LeadModel {
  /** The form that cancels it. */
  readonly main: FormModel;
}

export interface AccountExportModel {
  /** The page's main form. */
  readonly main: FormModel;
}

export interface OwnIdentifierModel {
  readonly icon: string;
  readonly label: MessageDescriptor;
  /** Absent if there is no value. */
  readonly value?: string;
  /** Whether it is verified. */
  readonly state?: MessageDescriptor;
  /** `label`: the text of the link for screen readers. */
  readonly change?: { readonly href: string; readonly text: MessageDescriptor; readonly label: MessageDescriptor };
  /** A new value waits for its code. */
  readonly asked?: { readonly href: string; readonly text: MessageDescriptor };
}

export interface ProfileGroupModel {
  readonly id: string;
  readonly title: MessageDescriptor;
  readonly fields: readonly FieldWithNotices[];
}

/** An input and its errors. */
export interface FieldWithNotices {
  readonly field: Field;
  readonly notices: NoticesModel;
}

export interface FixedValueModel {
  readonly label: string;
  readonly values: readonly MessageDescriptor[];
}

export interface ChangeIdentifierModel extends LeadModel {
  readonly present?: MessageDescriptor;
  /** What happens to the present value. */
  readonly after?: MessageDescriptor;
  /** The page's main form. */
  readonly main: FormModel;
  readonly fields: readonly FieldWithNotices[];
  readonly action: MessageDescriptor;
}

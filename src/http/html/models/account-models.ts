/** What the templates of the user's own account are given. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Field } from '../fields/inputs.ts';
import type { AppMarkModel, FormModel, LeadModel, NoticesModel, OptionModel, SignInRow } from './shared-models.ts';

/** The first page: how the account stands, and what is worth doing next. */
export interface OverviewModel {
  /** The user asked for the deletion of the account. */
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

/** Leads to one of the other pages. */
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
  /** How often it may still be used. */
  readonly remaining?: { readonly count: number; readonly few: boolean; readonly text: MessageDescriptor };
  readonly href: string;
  /** What the link says to a screen reader. */
  readonly manage: MessageDescriptor;
}

export interface AuthenticatorTitle {
  readonly icon: string;
  /** The name that the user gave it, or that of its kind. */
  readonly name: string;
  /** Kind, address and day, as far as the name does not say them already. */
  readonly about: MessageDescriptor;
}

export interface AddAuthenticatorModel {
  /** Its icon. */
  readonly picture: string;
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
  /** Names. */
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
  /** There is an address that waits for its code. */
  readonly asked?: MessageDescriptor;
}

export interface AddressEntry {
  readonly address: string;
  readonly source: MessageDescriptor;
  /** Absent: it is looked after elsewhere. */
  readonly remove?: { readonly href: string; readonly text: MessageDescriptor };
}

/** An app that has access. */
export interface OwnAppModel {
  readonly name: string;
  /** What it may do, in words. Empty: it was never asked about. */
  readonly scopes: readonly string[];
  /** When the user granted it. */
  readonly since?: MessageDescriptor;
  /** Its access outlives the session. */
  readonly offline?: MessageDescriptor;
}

export interface OwnAppsModel extends LeadModel {
  /** Apps that the user can open. */
  readonly open: readonly OpenableAppModel[];
  readonly apps: readonly (OwnAppModel & {
    readonly mark: AppMarkModel;
    readonly href: string;
    readonly end: MessageDescriptor;
  })[];
}

/** An app that lets the user in, and how it is opened. */
export interface OpenableAppModel {
  readonly app: AppMarkModel;
  readonly href: string;
  /** What the link does, beside its name. */
  readonly open: MessageDescriptor;
}

export interface EndAppAccessModel extends LeadModel {
  readonly app: OwnAppModel;
  /** Its own form. */
  readonly main: FormModel;
}

/** Names of apps, as many as fit. */
export interface AppsModel {
  readonly id: string;
  readonly lead: MessageDescriptor;
  readonly names: readonly string[];
  readonly more?: MessageDescriptor;
}

/** Of an input of an account page: the id of the message about it. */
export interface Invalid {
  readonly describedBy: string;
}

export interface AuthenticatorModel extends Omit<AuthenticatorTitle, 'icon'> {
  readonly rename: { readonly form: FormModel; readonly value: string; readonly invalid?: Invalid };
  /** What it means that it is gone. */
  readonly removeLead: MessageDescriptor;
  /** It must stay, because the user could not sign in without it. */
  readonly isLast: boolean;
  /** Apps for which it must stay. */
  readonly needed?: { readonly apps: AppsModel; readonly instead: readonly AddAuthenticatorModel[] };
  /** Apps that the user could no longer sign in to, and the value that confirms the loss. */
  readonly lost?: { readonly apps: AppsModel; readonly confirmation: string; readonly invalid?: Invalid };
  readonly remove: FormModel;
}

export interface EndSessionModel {
  readonly lead: MessageDescriptor;
  /** Absent: all other sessions. */
  readonly session?: SessionDetailsModel;
  /** Its own form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
}

export interface ForgetDeviceModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
}

export interface AddAddressModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly email: string;
  readonly invalid?: Invalid;
}

export interface ConfirmAddressModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
  readonly resend: OptionModel;
  readonly invalid?: Invalid;
}

export interface RemoveAddressModel {
  readonly address: string;
  /** Its own form. */
  readonly main: FormModel;
}

export interface OwnProfileModel {
  readonly identifiers: readonly OwnIdentifierModel[];
  /** Absent: administrators write everything. */
  readonly edit?: { readonly main: FormModel; readonly groups: readonly ProfileGroupModel[] };
  /** What only administrators change. */
  readonly fixed: readonly FixedValueModel[];
  /** The user may have a file with all that is kept. */
  readonly canDownload: boolean;
  /** The user may delete the account. */
  readonly canDelete: boolean;
}

export interface DeleteAccountModel extends LeadModel {
  /** Apps that are told. */
  readonly apps?: AppsModel;
  readonly canDownload: boolean;
  /** Its own form. */
  readonly main: FormModel;
  readonly invalid?: Invalid;
}

/** The deletion waits for its time. */
export interface KeepAccountModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
}

export interface OwnDataModel {
  /** Its own form. */
  readonly main: FormModel;
}

export interface OwnIdentifierModel {
  readonly icon: string;
  readonly label: MessageDescriptor;
  /** Absent: there is none. */
  readonly value?: string;
  /** Whether it is verified. */
  readonly state?: MessageDescriptor;
  /** `label`: what the link says to a screen reader. */
  readonly change?: { readonly href: string; readonly text: MessageDescriptor; readonly label: MessageDescriptor };
  /** There is one that waits for its code. */
  readonly asked?: { readonly href: string; readonly text: MessageDescriptor };
}

export interface ProfileGroupModel {
  readonly id: string;
  readonly title: MessageDescriptor;
  readonly fields: readonly FieldWithNotices[];
}

/** An input, and what is wrong with it. */
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
  /** What becomes of the present one. */
  readonly after?: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly FieldWithNotices[];
  readonly action: MessageDescriptor;
}

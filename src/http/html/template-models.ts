/**
 * What each template of a page is given. A changed model needs a new version of its template in `page-templates.ts`.
 */
import type { Locale } from '../../rendering/locale.ts';
import type { MessageDescriptor } from '../../rendering/message-descriptor.ts';
import type { Field } from './inputs.ts';

export interface PageTemplateModels {
  readonly layout: LayoutModel;
  readonly 'partials/account': AccountModel;
  readonly 'partials/add-authenticator': AddAuthenticatorModel;
  readonly 'partials/app-mark': AppView;
  readonly 'partials/apps': AppsModel;
  readonly 'partials/back-to-account': Empty;
  readonly 'partials/context': ContextModel;
  readonly 'partials/field': Field;
  readonly 'partials/form': FormModel;
  readonly 'partials/notices': NoticesModel;
  readonly 'partials/option': OptionModel;
  readonly 'partials/options': OptionsModel;
  readonly 'partials/other-tab': OtherTabModel;
  readonly 'partials/public-key': PublicKeyModel;
  readonly 'partials/qr-code': QrCodeModel;
  readonly 'partials/recovery-codes': RecoveryCodesModel;
  readonly 'partials/reason': ReasonModel;
  readonly 'partials/reference': ReferenceModel;
  readonly 'steps/identify': IdentifyModel;
  readonly 'steps/select': SelectModel;
  readonly 'steps/challenge': ChallengeModel;
  readonly 'steps/challenge-public-key': PublicKeyChallengeModel;
  readonly 'steps/enroll': EnrollModel;
  readonly 'steps/enroll-public-key': PublicKeyEnrollModel;
  readonly 'steps/denied': DeniedModel;
  readonly 'steps/complete': CompleteModel;
  readonly 'pages/error': ErrorModel;
  readonly 'pages/oauth-error': OAuthErrorModel;
  readonly 'pages/device-input': DeviceInputModel;
  readonly 'pages/device-confirm': DeviceConfirmModel;
  readonly 'pages/device-success': LeadModel;
  readonly 'pages/logout': LogoutModel;
  readonly 'pages/signed-out': LeadModel;
  readonly 'pages/magic-link-confirm': MagicLinkConfirmModel;
  readonly 'pages/magic-link-elsewhere': MagicLinkElsewhereModel;
  readonly 'pages/magic-link-over': MagicLinkOverModel;
  readonly 'pages/inbox': InboxModel;
  readonly 'account/overview': OverviewModel;
  readonly 'account/overview/authenticators': AuthenticatorsModel;
  readonly 'account/overview/sessions': SessionsModel;
  readonly 'account/overview/devices': DevicesModel;
  readonly 'account/overview/sign-ins': SignInsModel;
  readonly 'account/overview/addresses': AddressesModel;
  readonly 'account/session-details': SessionDetailsModel;
  readonly 'account/authenticator': AuthenticatorModel;
  readonly 'account/end-session': EndSessionModel;
  readonly 'account/forget-device': ForgetDeviceModel;
  readonly 'account/add-address': AddAddressModel;
  readonly 'account/confirm-address': ConfirmAddressModel;
  readonly 'account/remove-address': RemoveAddressModel;
}

export type Empty = Readonly<Record<never, never>>;

/** The frame of every page. */
export interface LayoutModel {
  readonly locale: Locale;
  readonly title: MessageDescriptor;
  readonly brand: { readonly name: string };
  /** Paths of assets. */
  readonly favicon: string;
  readonly stylesheets: readonly string[];
  readonly scripts: readonly string[];
  /** For pages of lists rather than one form. */
  readonly wide: boolean;
  readonly app?: AppView;
  /** Stands over the heading: what the user is here for. */
  readonly context?: MessageDescriptor;
  readonly heading: MessageDescriptor;
  readonly notices: NoticesModel;
  /** HTML of the page itself. */
  readonly main: string;
}

export interface AppView {
  readonly name: string;
  /** Absent: the initial stands in. */
  readonly logo?: string;
  readonly initial: string;
}

export interface ContextModel {
  readonly app: AppView;
  readonly context: MessageDescriptor;
}

export interface NoticesModel {
  readonly errors: readonly NoticeModel[];
  readonly infos: readonly NoticeModel[];
}

export interface NoticeModel {
  readonly id: string;
  /** Stable; testers read it. */
  readonly code: string;
  readonly text: MessageDescriptor;
}

/** Who signs in, and the names of the authenticators that the user confirmed so far. */
export interface AccountModel {
  readonly identifier?: string;
  readonly done: readonly string[];
}

/** Why the step is asked for. */
export interface ReasonModel {
  readonly text: MessageDescriptor;
  /** Absent: the text is no message of its own. */
  readonly code?: string;
}

/** The start tag of a form. Attributes that are absent are left out. */
export interface FormModel {
  readonly id?: string;
  readonly method: 'get' | 'post';
  readonly step?: string;
  readonly authenticator?: string;
  readonly action: string;
  readonly hidden: readonly HiddenInput[];
  /** The server checks what was typed, and says what is wrong in its own words. */
  readonly novalidate?: true;
  /** Filled in by a WebAuthn ceremony. */
  readonly ceremony?: CeremonyModel;
  /** Where a script asks how far the sign-in is, and the version that the page shows. */
  readonly follow?: { readonly status: string; readonly version: number };
}

export interface HiddenInput {
  readonly name: string;
  readonly value: string;
  /** Id of a checkbox of another form whose state a script copies here. */
  readonly box?: string;
}

export interface CeremonyModel {
  /** JSON (Web Authentication Level 3 section 5). */
  readonly options: string;
  readonly focus?: true;
  readonly autofill?: true;
}

/** The inside of a form that a WebAuthn ceremony fills in. */
export interface PublicKeyModel {
  readonly inputs: readonly string[];
  /** Codes of what may go wrong. */
  readonly failures: readonly string[];
  readonly look: 'primary' | 'secondary';
  readonly action: MessageDescriptor;
}

/** A form that is one button. */
export interface OptionModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly look: 'primary' | 'link';
  readonly text: MessageDescriptor;
}

export interface OptionsModel {
  readonly options: readonly OptionModel[];
}

export interface OtherTabModel {
  /** Its own form. */
  readonly main: FormModel;
}

export interface QrCodeModel {
  /** Checked: a few shapes that neither run nor load anything. */
  readonly svg: string;
}

export interface ReferenceModel {
  readonly reference?: string;
}

export interface IdentifyModel extends OptionsModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
  readonly action: MessageDescriptor;
  /** Credentials that tell who the user is. */
  readonly credentials: readonly { readonly form: FormModel; readonly publicKey: PublicKeyModel }[];
}

export interface SelectModel extends OptionsModel {
  readonly account: AccountModel;
  readonly lead: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly choices: readonly ChoiceModel[];
}

export interface ChoiceModel {
  /** `<authenticator>` or `<authenticator>:<enrollment>` */
  readonly value: string;
  readonly icon: string;
  readonly name: string;
  /** Name that the user gave it. */
  readonly label?: string;
  readonly about: MessageDescriptor;
}

export interface ChallengeModel extends OptionsModel {
  readonly account: AccountModel;
  readonly reason?: ReasonModel;
  readonly lead?: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  /** For password managers: whose password it is. */
  readonly username?: string;
  readonly fields: readonly Field[];
  readonly action: MessageDescriptor;
  readonly otherTab?: OtherTabModel;
}

export interface PublicKeyChallengeModel extends OptionsModel {
  readonly account: AccountModel;
  readonly reason?: ReasonModel;
  readonly lead?: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
  readonly publicKey: PublicKeyModel;
}

interface EnrollModelBase extends OptionsModel {
  readonly account: AccountModel;
  readonly reason?: ReasonModel;
  readonly lead: MessageDescriptor;
  readonly endsOtherSessions: boolean;
  /** Its own form. */
  readonly main: FormModel;
  /** Beside the inputs, which may be far down the page. */
  readonly notices: NoticesModel;
  readonly fields: readonly Field[];
}

export interface EnrollModel extends EnrollModelBase {
  readonly cautions: readonly { readonly code: string; readonly text: MessageDescriptor }[];
  readonly recoveryCodes?: RecoveryCodesModel;
  /** For an authenticator app. */
  readonly setup?: SetupModel;
  readonly action: MessageDescriptor;
}

export interface SetupModel {
  readonly qrCode?: QrCodeModel;
  /** `otpauth:` */
  readonly uri?: string;
  /** The key in groups of four: easier to type, and copied without spaces. */
  readonly secret: readonly string[];
}

export interface RecoveryCodesModel {
  /** For paper only: the account of the codes, and their day. */
  readonly printed?: MessageDescriptor;
  readonly codes: readonly string[];
  readonly download: FormModel;
}

export interface PublicKeyEnrollModel extends EnrollModelBase {
  readonly publicKey: PublicKeyModel;
}

export interface DeniedModel extends OptionsModel {
  readonly account: AccountModel;
  readonly code: string;
  readonly lead: MessageDescriptor;
  readonly back: OptionModel;
}

export interface LeadModel {
  readonly lead: MessageDescriptor;
}

export interface CompleteModel extends LeadModel {
  readonly account: AccountModel;
}

export interface ErrorModel extends LeadModel, ReferenceModel {
  readonly code: string;
}

export interface OAuthErrorModel extends LeadModel, ReferenceModel {
  readonly code: string;
  readonly error: string;
  /** For the client's developers. */
  readonly description?: string;
}

export interface DeviceInputModel extends LeadModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
}

export interface DeviceConfirmModel extends LeadModel {
  readonly code: string;
  /** Where the request of the device came from. */
  readonly origin: readonly MessageDescriptor[];
  /** Its own form. */
  readonly main: FormModel;
}

export interface LogoutModel extends LeadModel {
  readonly account: AccountModel;
  /** Its own form. */
  readonly main: FormModel;
}

export interface MagicLinkConfirmModel extends LeadModel {
  readonly account: AccountModel;
  /** Its own form. */
  readonly main: FormModel;
}

export interface MagicLinkElsewhereModel extends LeadModel {
  readonly code: string;
  /** Where the request for the message came from. */
  readonly origin: readonly MessageDescriptor[];
}

export interface MagicLinkOverModel extends LeadModel {
  readonly code: string;
}

export interface InboxModel extends LeadModel {
  readonly letters: readonly LetterModel[];
}

export interface LetterModel {
  /** Absent: the channel is named instead. */
  readonly subject?: string;
  readonly channel: MessageDescriptor;
  readonly sent: MessageDescriptor;
  readonly pieces: readonly { readonly text: string; readonly href?: string }[];
}

export interface OverviewModel {
  readonly account: AccountModel;
  readonly authenticators: AuthenticatorsModel;
  readonly sessions: SessionsModel;
  readonly devices: DevicesModel;
  readonly signIns: SignInsModel;
  readonly addresses: AddressesModel;
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

export interface SignInRow {
  /** Absent: the user's own account. */
  readonly app?: string;
  readonly what: MessageDescriptor;
  readonly place: MessageDescriptor;
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
  readonly resend: OptionModel;
  readonly invalid?: Invalid;
}

export interface RemoveAddressModel {
  readonly address: string;
  /** Its own form. */
  readonly main: FormModel;
}

/** What the templates of the step loop are given. */
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Field } from '../fields/inputs.ts';
import type {
  ChallengeServiceModel,
  ContactModel,
  FormModel,
  LeadModel,
  NoticesModel,
  OptionModel,
  OptionsModel,
  WorkModel,
} from './shared-models.ts';

/** Why the step is asked for. */
export interface ReasonModel {
  readonly text: MessageDescriptor;
  /** Absent: the text is no message of its own. */
  readonly code?: string;
}

/** The inside of a form that a WebAuthn ceremony fills in. */
export interface PublicKeyModel {
  readonly inputs: readonly string[];
  /** Codes of what may go wrong. */
  readonly failures: readonly string[];
  /** Icon of the button. */
  readonly picture: string;
  readonly look: 'primary' | 'secondary';
  readonly action: MessageDescriptor;
}

export interface OtherTabModel {
  readonly lead: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
}

export interface QrCodeModel {
  /** Checked: a few shapes that neither run nor load anything. */
  readonly svg: string;
}

export interface IdentifyModel extends OptionsModel {
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
  readonly work?: WorkModel;
  readonly service?: ChallengeServiceModel;
  readonly action: MessageDescriptor;
  /** Credentials that tell who the user is. */
  readonly credentials: readonly { readonly form: FormModel; readonly publicKey: PublicKeyModel }[];
}

export interface SelectModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly choices: readonly ChoiceModel[];
  /** There is but one: it is offered rather than chosen. */
  readonly sole?: ChoiceModel & { readonly action: MessageDescriptor };
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

export interface SentToModel {
  readonly icon: string;
  /** Masked. */
  readonly address: string;
}

export interface ChallengeModel extends OptionsModel {
  readonly reason?: ReasonModel;
  /** Explains, below the form. */
  readonly lead?: MessageDescriptor;
  /** Where a code was sent. */
  readonly sentTo?: SentToModel;
  /** Its own form. */
  readonly main: FormModel;
  /** For password managers: whose password it is. */
  readonly username?: string;
  readonly fields: readonly Field[];
  /** Absent: there is nothing to enter, and so no form. */
  readonly action?: MessageDescriptor;
  readonly otherTab?: OtherTabModel;
}

export interface PublicKeyChallengeModel extends OptionsModel {
  readonly reason?: ReasonModel;
  readonly lead?: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
  readonly publicKey: PublicKeyModel;
}

interface EnrollModelBase extends OptionsModel {
  readonly reason?: ReasonModel;
  readonly lead: MessageDescriptor;
  readonly endsOtherSessions: boolean;
  /** Its own form. */
  readonly main: FormModel;
  /** Beside the inputs, which may be far down the page. */
  readonly notices: NoticesModel;
  readonly fields: readonly Field[];
}

/** What the user should know before. */
export interface CautionsModel {
  readonly cautions: readonly { readonly code: string; readonly text: MessageDescriptor }[];
}

/** What stands below a form: what it is about, and the hints of inputs that have them there. */
export interface AboutModel {
  readonly lead?: MessageDescriptor;
  readonly fields: readonly Field[];
}

export interface EnrollModel extends EnrollModelBase, CautionsModel {
  /** For password managers: whose password it is. */
  readonly username?: string;
  readonly recoveryCodes?: RecoveryCodesModel;
  /** Where a code was sent. */
  readonly sentTo?: SentToModel;
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

export interface ProfileModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly fields: readonly ProfileFieldModel[];
  readonly work?: WorkModel;
  readonly service?: ChallengeServiceModel;
  readonly action: MessageDescriptor;
}

export interface ProfileFieldModel {
  readonly field: Field;
  /** What is wrong with it. */
  readonly notices: NoticesModel;
  /** Where the terms can be read that the box accepts. */
  readonly link?: { readonly url: string; readonly text: MessageDescriptor };
}

export interface ConsentModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** What cannot be unticked. */
  readonly required: readonly ScopeModel[];
  /** Its own form. */
  readonly main: FormModel;
  /** One box for each scope that can. */
  readonly fields: readonly Field[];
  readonly action: MessageDescriptor;
  /** Where the app says what it does with what it gets. */
  readonly links: readonly { readonly url: string; readonly text: MessageDescriptor }[];
  /** How access is ended later. */
  readonly revocable: MessageDescriptor;
}

export interface ScopeModel {
  readonly label: MessageDescriptor;
  readonly help?: MessageDescriptor;
}

export interface SelectAccountModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** Its own form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
}

export interface DeniedModel extends OptionsModel {
  readonly code: string;
  readonly lead: MessageDescriptor;
  readonly back: OptionModel;
  /** Finds the sign-in in the audit log. */
  readonly reference: string;
  readonly contact?: ContactModel;
}

export type CompleteModel = LeadModel;

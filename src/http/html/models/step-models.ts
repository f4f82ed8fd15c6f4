/** Models of the templates for the step loop. */
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

/** Why the user is asked for this step. */
export interface ReasonModel {
  readonly text: MessageDescriptor;
  /** Absent if the text is not a message of its own. */
  readonly code?: string;
}

/** The content of a form that a WebAuthn ceremony fills in. */
export interface PublicKeyModel {
  readonly inputs: readonly string[];
  /** Codes of possible failures. */
  readonly failures: readonly string[];
  /** On the button. Not `icon`: that is a helper of templates. */
  readonly authenticatorIcon: string;
  readonly look: 'primary' | 'secondary';
  readonly action: MessageDescriptor;
}

export interface OtherTabModel {
  readonly lead: MessageDescriptor;
  /** The page's main form. */
  readonly main: FormModel;
}

export interface QrCodeModel {
  /** Checked to contain only a few shapes that neither run nor load anything. */
  readonly svg: string;
}

export interface IdentifyModel extends OptionsModel {
  /** The page's main form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
  readonly work?: WorkModel;
  readonly service?: ChallengeServiceModel;
  readonly action: MessageDescriptor;
  /** Credentials that identify the user. */
  readonly credentials: readonly { readonly form: FormModel; readonly publicKey: PublicKeyModel }[];
}

export interface SelectModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** The page's main form. */
  readonly main: FormModel;
  readonly choices: readonly ChoiceModel[];
  /** There is only one option, so it is offered and not chosen. */
  readonly sole?: ChoiceModel & { readonly action: MessageDescriptor };
}

export interface ChoiceModel {
  /** `<authenticator>` or `<authenticator>:<enrollment>` */
  readonly value: string;
  readonly icon: string;
  readonly name: string;
  /** The name that the user gave it. */
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
  /** An explanation below the form. */
  readonly lead?: MessageDescriptor;
  /** Where a code was sent. */
  readonly sentTo?: SentToModel;
  /** The page's main form. */
  readonly main: FormModel;
  /** For password managers: the user of the password. */
  readonly username?: string;
  readonly fields: readonly Field[];
  /** Absent if there is nothing to enter, and so no form. */
  readonly action?: MessageDescriptor;
  readonly otherTab?: OtherTabModel;
}

export interface PublicKeyChallengeModel extends OptionsModel {
  readonly reason?: ReasonModel;
  readonly lead?: MessageDescriptor;
  /** The page's main form. */
  readonly main: FormModel;
  readonly fields: readonly Field[];
  readonly publicKey: PublicKeyModel;
}

interface EnrollModelBase extends OptionsModel {
  readonly reason?: ReasonModel;
  readonly lead: MessageDescriptor;
  readonly endsOtherSessions: boolean;
  /** The page's main form. */
  readonly main: FormModel;
  /** Next to the inputs, which may be far down the page. */
  readonly notices: NoticesModel;
  readonly fields: readonly Field[];
}

/** Warnings before the user continues. */
export interface CautionsModel {
  readonly cautions: readonly { readonly code: string; readonly text: MessageDescriptor }[];
}

/** The part below a form: an explanation, and the hints of inputs that belong there. */
export interface AboutModel {
  readonly lead?: MessageDescriptor;
  readonly fields: readonly Field[];
}

export interface EnrollModel extends EnrollModelBase, CautionsModel {
  /** For password managers: the user of the password. */
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
  /** The key in groups of four, which is easier to type. Copying leaves out the spaces. */
  readonly secret: readonly string[];
}

export interface RecoveryCodesModel {
  /** Only when printed: the account of the codes, and their date. */
  readonly printed?: MessageDescriptor;
  readonly codes: readonly string[];
  readonly download: FormModel;
}

export interface PublicKeyEnrollModel extends EnrollModelBase {
  readonly publicKey: PublicKeyModel;
}

export interface ProfileModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** The page's main form. */
  readonly main: FormModel;
  readonly fields: readonly ProfileFieldModel[];
  readonly work?: WorkModel;
  readonly service?: ChallengeServiceModel;
  readonly action: MessageDescriptor;
}

export interface ProfileFieldModel {
  readonly field: Field;
  /** Errors of the input. */
  readonly notices: NoticesModel;
  /** A link to the terms that the checkbox accepts. */
  readonly link?: { readonly url: string; readonly text: MessageDescriptor };
}

export interface ConsentModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** Scopes that the user cannot untick. */
  readonly required: readonly ScopeModel[];
  /** The page's main form. */
  readonly main: FormModel;
  /** One checkbox for each optional scope. */
  readonly fields: readonly Field[];
  readonly action: MessageDescriptor;
  /** Links in which the app explains what it does with the data. */
  readonly links: readonly { readonly url: string; readonly text: MessageDescriptor }[];
  /** How to end the access later. */
  readonly revocable: MessageDescriptor;
}

export interface ScopeModel {
  readonly label: MessageDescriptor;
  readonly help?: MessageDescriptor;
}

export interface SelectAccountModel extends OptionsModel {
  readonly lead: MessageDescriptor;
  /** The page's main form. */
  readonly main: FormModel;
  readonly action: MessageDescriptor;
}

export interface DeniedModel extends OptionsModel {
  readonly code: string;
  readonly lead: MessageDescriptor;
  readonly back: OptionModel;
  /** Identifies the sign-in in the audit log. */
  readonly reference: string;
  readonly contact?: ContactModel;
}

export type CompleteModel = LeadModel;

/** All inputs, by the kind of information. */
import type { InputKind } from '../../../core/step/step.ts';
import type { MessageDescriptor, MessageValues } from '../../../rendering/message-descriptor.ts';

/** An input with the state of its form: the model of the field template. */
export interface Field {
  /** The name of the input is the name of the JSON field, with dots. */
  readonly name: string;
  readonly id: string;
  readonly label: MessageDescriptor;
  readonly hint?: MessageDescriptor;
  readonly type: 'text' | 'password' | 'checkbox' | 'select' | 'tel' | 'date';
  /** The options of a `select`. */
  readonly options?: readonly { readonly value: string; readonly label: MessageDescriptor }[];
  /** The same with texts from the configuration. */
  readonly choices?: readonly { readonly value: string; readonly text: string }[];
  readonly autocomplete: string;
  readonly inputmode?: 'numeric' | 'decimal' | 'email' | 'url';
  /** A short code rather than words. It is displayed larger. */
  readonly code: boolean;
  /** The hint is below the button instead of above the input. */
  readonly hintBelow?: true;
  /** Codes, addresses and numbers are written from left to right in every language. */
  readonly leftToRight?: true;
  /** For names and the like, an on-screen keyboard capitalises each word. */
  readonly words?: true;
  /** The user chooses a secret of at least this many characters. A script rates it. */
  readonly strength?: number;
  /** The input may be left empty. */
  readonly optional?: true;
  /** The checkbox is ticked initially. */
  readonly checked?: true;
  readonly value: string;
  readonly autofocus: boolean;
  readonly invalid: boolean;
  /** Ids of hint and messages, separated by spaces. */
  readonly describedBy?: string;
}

/** An input before it is used in a form. Its texts are keys of the catalogue. */
export interface Input
  extends Pick<
    Field,
    | 'name'
    | 'type'
    | 'autocomplete'
    | 'inputmode'
    | 'code'
    | 'hintBelow'
    | 'leftToRight'
    | 'words'
    | 'choices'
    | 'strength'
  > {
  readonly label: string;
  readonly hint?: string;
  /** Values for label and hint. */
  readonly params?: MessageValues;
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly optional?: true;
  readonly checked?: true;
  /** Neither a secret nor an answer: if the form is refused, the typed text is shown again. */
  readonly putBack?: true;
  readonly value: string;
}

export const identifier: Input = {
  name: 'identifier',
  label: 'identifier.label',
  type: 'text',
  autocomplete: 'username',
  inputmode: 'email',
  code: false,
  leftToRight: true,
  value: '',
};
/** Something that the user knows. The label says what. */
const secret: Input = {
  name: 'credentials.passcode',
  label: 'passcode.label',
  type: 'password',
  autocomplete: 'current-password',
  code: false,
  value: '',
};
/** A secret that the user chooses. */
const newSecret: Input = {
  name: 'credentials.passcode',
  label: 'new_secret.label',
  hint: 'new_secret.hint',
  type: 'password',
  autocomplete: 'new-password',
  code: false,
  value: '',
};
/** The name of a new passkey or security key. */
const keyName: Input = {
  name: 'credentials.label',
  label: 'key_name.label',
  hint: 'key_name.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  optional: true,
  putBack: true,
  value: '',
};
/** A code of any other kind. */
const passcode: Input = {
  name: 'credentials.passcode',
  label: 'passcode.label',
  type: 'text',
  autocomplete: 'off',
  code: false,
  leftToRight: true,
  value: '',
};

/** A code that the user reads from paper. */
const paperCode: Input = {
  name: 'credentials.passcode',
  label: 'passcode.label',
  hint: 'passcode.paper.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  leftToRight: true,
  value: '',
};
/** Confirms that the new recovery codes are in a safe place. */
const saved: Input = {
  name: 'credentials.saved',
  label: 'recovery_codes.saved',
  type: 'checkbox',
  autocomplete: 'off',
  code: false,
  value: 'yes',
};
/** The name of a new authenticator app. */
const appName: Input = {
  name: 'credentials.label',
  label: 'app_name.label',
  hint: 'app_name.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  optional: true,
  putBack: true,
  value: '',
};
/** The name of one more: the user must tell them apart. */
const anotherAppName: Input = {
  name: 'credentials.label',
  label: 'app_name.another',
  hint: 'app_name.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  putBack: true,
  value: '',
};

/** A short code that was sent, or that an app shows. */
const oneTimeCode: Input = {
  name: 'credentials.passcode',
  label: 'one_time_code.label',
  type: 'text',
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  code: true,
  leftToRight: true,
  value: '',
};
const newAddress: Input = {
  name: 'credentials.email',
  label: 'email.label',
  type: 'text',
  autocomplete: 'email',
  inputmode: 'email',
  code: false,
  leftToRight: true,
  putBack: true,
  value: '',
};

/** The answer to a security question. It is visible while typed, so that the user can see mistakes. */
const questionAnswer: Input = {
  name: 'credentials.passcode',
  label: 'question.answer',
  hint: 'question.answer.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  value: '',
};
const questionChoice: Input = {
  name: 'credentials.questionKey',
  label: 'question.label',
  type: 'select',
  autocomplete: 'off',
  code: false,
  putBack: true,
  value: '',
};
const questionText: Input = {
  name: 'credentials.question',
  label: 'question.own',
  hint: 'question.own.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  optional: true,
  putBack: true,
  value: '',
};
/** Keeps the session after the browser is closed. */
export const keepSignedIn: Input = {
  name: 'rememberMe',
  label: 'identify.keep',
  hint: 'identify.keep.hint',
  hintBelow: true,
  type: 'checkbox',
  autocomplete: 'off',
  code: false,
  optional: true,
  value: 'yes',
};
/** This browser will not ask for the second factor for some time. */
export const rememberDevice: Input = {
  name: 'rememberDevice',
  label: 'challenge.remember',
  hint: 'challenge.remember.hint',
  hintBelow: true,
  type: 'checkbox',
  autocomplete: 'off',
  code: false,
  optional: true,
  value: 'yes',
};
const newNumber: Input = {
  name: 'credentials.phoneNumber',
  label: 'phone.label',
  hint: 'phone.hint',
  type: 'tel',
  autocomplete: 'tel',
  code: false,
  leftToRight: true,
  putBack: true,
  value: '',
};

/** `public_key` has no input: a script produces the answer. */
export const inputs: Readonly<Record<Exclude<InputKind, 'public_key'>, Input>> = {
  secret,
  new_secret: newSecret,
  passcode,
  one_time_code: oneTimeCode,
  paper_code: paperCode,
  answer: questionAnswer,
  question_choice: questionChoice,
  question_text: questionText,
  mail_address: newAddress,
  phone_number: newNumber,
  app_name: appName,
  another_app_name: anotherAppName,
  key_name: keyName,
  saved,
};

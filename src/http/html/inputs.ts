/** The inputs that there are, by what they ask for. */
import type { InputKind } from '../../core/step/step.ts';
import type { MessageValues } from '../../rendering/message-descriptor.ts';

export interface Field {
  /** Name of the input: the name of the JSON field, with dots. */
  readonly name: string;
  readonly id: string;
  /** Key of the label's text. */
  readonly label: string;
  /** Key of a hint's text. */
  readonly hint?: string;
  readonly type: 'text' | 'password' | 'checkbox' | 'select' | 'tel';
  /** What a `select` offers: values, and keys of their texts. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
  readonly autocomplete: string;
  readonly inputmode?: 'numeric' | 'email';
  /** A short code rather than words: set larger. */
  readonly code: boolean;
  /** May be left empty. */
  readonly optional?: true;
  /** No secret and no answer: when the form was refused, what was typed is put back. */
  readonly putBack?: true;
  /** A box that is ticked already. */
  readonly checked?: true;
  /** For label and hint. */
  readonly params?: MessageValues;
  readonly value: string;
  readonly autofocus: boolean;
  readonly invalid: boolean;
  /** Ids of hint and messages, separated by spaces. */
  readonly describedBy?: string;
}

export type Input = Omit<Field, 'id' | 'autofocus' | 'invalid' | 'describedBy'>;

export const identifier: Input = {
  name: 'identifier',
  label: 'identifier.label',
  type: 'text',
  autocomplete: 'username',
  inputmode: 'email',
  code: false,
  value: '',
};
/** Something that the person knows; whose it is, the label says. */
const secret: Input = {
  name: 'credentials.passcode',
  label: 'passcode.label',
  type: 'password',
  autocomplete: 'current-password',
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
  value: '',
};

/** A code that somebody reads from paper. */
const paperCode: Input = {
  name: 'credentials.passcode',
  label: 'passcode.label',
  hint: 'passcode.paper.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  value: '',
};
/** The new recovery codes are in a safe place. */
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

/** A short code that was sent, or that an app shows. */
const oneTimeCode: Input = {
  name: 'credentials.passcode',
  label: 'one_time_code.label',
  type: 'text',
  autocomplete: 'one-time-code',
  inputmode: 'numeric',
  code: true,
  value: '',
};
const newAddress: Input = {
  name: 'credentials.email',
  label: 'email.label',
  type: 'text',
  autocomplete: 'email',
  inputmode: 'email',
  code: false,
  putBack: true,
  value: '',
};

/** The answer to a security question. Shown as it is typed: hidden, it could only be guessed what was wrong with it. */
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
/** The session outlives the browser. */
export const keepSignedIn: Input = {
  name: 'rememberMe',
  label: 'identify.keep',
  hint: 'identify.keep.hint',
  type: 'checkbox',
  autocomplete: 'off',
  code: false,
  optional: true,
  value: 'yes',
};
/** This browser is spared the second factor for a while. */
export const rememberDevice: Input = {
  name: 'rememberDevice',
  label: 'challenge.remember',
  hint: 'challenge.remember.hint',
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
  putBack: true,
  value: '',
};

/** `public_key` has none: a script gives the answer. */
export const inputs: Readonly<Record<Exclude<InputKind, 'public_key'>, Input>> = {
  secret,
  passcode,
  one_time_code: oneTimeCode,
  paper_code: paperCode,
  answer: questionAnswer,
  question_choice: questionChoice,
  question_text: questionText,
  mail_address: newAddress,
  phone_number: newNumber,
  app_name: appName,
  key_name: keyName,
  saved,
};

/** The inputs of a form and what their messages do to them. */
import type { Message, Step } from '../../core/steps.ts';
import type { Params } from './messages.ts';

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
  /** A box that is ticked already. */
  readonly checked?: true;
  /** For label and hint. */
  readonly params?: Params;
  readonly value: string;
  readonly autofocus: boolean;
  readonly invalid: boolean;
  /** Ids of hint and messages, separated by spaces. */
  readonly describedBy?: string;
}

type Input = Omit<Field, 'id' | 'autofocus' | 'invalid' | 'describedBy'>;

const identifier: Input = {
  name: 'identifier',
  label: 'identifier.label',
  type: 'text',
  autocomplete: 'username',
  inputmode: 'email',
  code: false,
  value: '',
};
const password: Input = {
  name: 'credentials.passcode',
  label: 'authenticator.password',
  type: 'password',
  autocomplete: 'current-password',
  code: false,
  value: '',
};
/** The name of a new passkey or security key. */
const keyName: Input = {
  name: 'credentials.label',
  label: 'webauthn.label',
  hint: 'webauthn.label.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  optional: true,
  value: '',
};
const otherPasscode: Input = {
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
  label: 'totp.name',
  hint: 'totp.name.hint',
  type: 'text',
  autocomplete: 'off',
  code: false,
  optional: true,
  value: '',
};

/** A code that was sent. */
const sentCode: Input = {
  name: 'credentials.passcode',
  label: 'totp.label',
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
  value: '',
};
/** The session outlives the browser. */
const keepSignedIn: Input = {
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
const rememberDevice: Input = {
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
  value: '',
};

/** How the passcode of an authenticator is asked for; others get `otherPasscode`. */
const passcodes: ReadonlyMap<string, Input> = new Map([
  ['password', password],
  ['recovery_code', paperCode],
  ['access_code', paperCode],
  ['security_question', questionAnswer],
  ['email', sentCode],
  ['phone', sentCode],
  [
    'totp',
    {
      name: 'credentials.passcode',
      label: 'totp.label',
      type: 'text',
      autocomplete: 'one-time-code',
      inputmode: 'numeric',
      code: true,
      value: '',
    },
  ],
]);

/** What is asked while an authenticator is set up, by `<authenticator>` or `<authenticator>.<stage>`; others ask for their passcode. */
const enrollmentInputs: ReadonlyMap<string, readonly Input[]> = new Map([
  ['webauthn', [keyName]],
  ['totp', [passcodes.get('totp') ?? otherPasscode, appName]],
  ['recovery_code', [saved]],
  ['security_question', [questionChoice, questionText, questionAnswer]],
  ['email.address', [newAddress]],
  ['phone.number', [newNumber]],
]);

/** The inputs of a step, in the order of the page. */
export function fieldsOf(step: Step): readonly Field[] {
  switch (step.kind) {
    case 'identify': {
      const autocomplete = step.discover === undefined ? 'username' : 'username webauthn';
      const first = { ...identifier, autocomplete, value: step.identifier ?? '' };
      const inputs = step.withPassword ? [first, password] : [first];
      const { keepSignedIn: kept } = step;
      const box = kept === undefined ? [] : [{ ...keepSignedIn, ...(kept ? { checked: true as const } : {}) }];
      return connect([...inputs, ...box], step.messages);
    }
    case 'challenge': {
      const passcode = passcodes.get(step.authenticator) ?? otherPasscode;
      const inputs = step.authenticator === 'webauthn' ? [] : [asked(passcode, step.challenge)];
      const { remember: seconds } = step;
      const box = seconds === undefined ? [] : [{ ...rememberDevice, params: { seconds } }];
      return connect([...inputs, ...box], step.messages);
    }
    case 'enroll': {
      const { stage } = step.offer;
      const staged = typeof stage === 'string';
      const inputs = enrollmentInputs.get(staged ? `${step.authenticator}.${stage}` : step.authenticator) ?? [
        passcodes.get(step.authenticator) ?? otherPasscode,
      ];
      const filled = inputs.map((input) => filledIn(input, step.offer));
      const fields = connect(filled, step.messages);
      // The input stands below the instructions: the focus would scroll them away before anyone has read them. A stage says little.
      return staged ? fields : fields.map((field) => ({ ...field, autofocus: field.invalid }));
    }
    case 'select':
    case 'denied':
    case 'complete':
      return [];
  }
}

/** The question itself labels its answer. */
function asked(input: Input, { questionKey, question }: Readonly<Record<string, unknown>>): Input {
  if (typeof questionKey !== 'string') return input;
  const label = `question.${questionKey}`;
  return typeof question === 'string' ? { ...input, label, params: { question } } : { ...input, label };
}

function filledIn(input: Input, { address, country, questions }: Readonly<Record<string, unknown>>): Input {
  if (input === newAddress && typeof address === 'string') return { ...input, value: address };
  if (input === newNumber && typeof country === 'string')
    return { ...input, hint: 'phone.hint.country', params: { country } };
  if (input !== questionChoice || !Array.isArray(questions)) return input;
  const choices = questions.map((code) => ({
    value: String(code),
    label: code === 'custom' ? 'question.write' : `question.${code}`,
  }));
  return { ...input, options: choices };
}

/** The one input of the device page. */
export function userCodeField(
  value: string,
  charset: 'base-20' | 'digits',
  messages: readonly Message[],
): readonly Field[] {
  const input: Input = {
    name: 'user_code',
    label: 'device.label',
    hint: 'device.hint',
    type: 'text',
    autocomplete: 'off',
    code: true,
    value,
  };
  return connect([charset === 'digits' ? { ...input, inputmode: 'numeric' } : input], messages);
}

/** Id of the element that shows the message at `index`. */
export function messageId(index: number): string {
  return `message-${index + 1}`;
}

/**
 * The focus goes to the first input that has an error, else to the first empty one; a box that may be left alone never has it. It also
 * speaks the messages that belong to no input.
 */
function connect(inputs: readonly Input[], messages: readonly Message[]): readonly Field[] {
  const hasError = (input: Input): boolean =>
    messages.some(({ field, level }) => field === input.name && level === 'error');
  const isAsked = ({ type, optional }: Input) => type !== 'checkbox' || !optional;
  const focused = inputs.find(hasError) ?? inputs.find(({ value }) => value === '') ?? inputs.find(isAsked);
  return inputs.map((input) => {
    const id = input.name.replaceAll(/[._]/g, '-');
    const belongs = ({ field }: Message): boolean =>
      field === input.name || (input === focused && !inputs.some(({ name }) => name === field));
    const ids = messages.flatMap((message, index) => (belongs(message) ? [messageId(index)] : []));
    if (input.hint !== undefined) ids.unshift(`${id}-hint`);
    const field = { ...input, id, autofocus: input === focused, invalid: hasError(input) };
    return ids.length === 0 ? field : { ...field, describedBy: ids.join(' ') };
  });
}

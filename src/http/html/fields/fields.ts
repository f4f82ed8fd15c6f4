/** The inputs of a form, and how notices affect them. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { NewSecretField, Notice, Step } from '../../../core/step/step.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import { type Field, type Input, identifier, inputs, keepSignedIn, rememberDevice } from './inputs.ts';

/** The configured words for the identifier, in the language of the page. */
export interface IdentifierFieldTexts {
  readonly label?: string;
  /** The message key for the label if there is no `label`. */
  readonly labelKey?: string;
  readonly hint?: string;
  /** The on-screen keyboard, if the identifier is not an address. */
  readonly keyboard?: 'tel' | 'text';
}

/** The inputs of the first page. Label and hint of the settings replace those of the catalogue. */
export function identifyFields(
  step: Extract<Step, { kind: 'identify' }>,
  { label, labelKey, hint, keyboard }: IdentifierFieldTexts,
): readonly Field[] {
  const autocomplete = step.identifyByCredential === undefined ? 'username' : 'username webauthn';
  const own = {
    ...omitUndefined({ label: labelKey }),
    ...(label === undefined ? {} : { label: 'attribute.label' }),
    ...(hint === undefined ? {} : { hint: 'attribute.help' }),
    ...(label === undefined && hint === undefined ? {} : { params: { label: label ?? '', help: hint ?? '' } }),
  };
  const { inputmode, ...plain } = identifier;
  const typed = keyboard === undefined ? identifier : { ...plain, type: keyboard };
  const first = { ...typed, ...own, autocomplete, value: step.identifier ?? '' };
  const { identifyWith, keepSignedIn: kept } = step;
  const box = kept === undefined ? [] : [{ ...keepSignedIn, ...(kept ? { checked: true as const } : {}) }];
  return fieldsWithNotices(
    [first, ...(identifyWith === undefined ? [] : [secretInput(identifyWith)]), ...box],
    step.notices,
  );
}

/** The inputs of a step, in the order of the page. `typed`: the values of a refused form, by input name. */
export function fieldsOf(step: Step, typed: Readonly<Record<string, string>> = {}): readonly Field[] {
  switch (step.kind) {
    case 'challenge': {
      const { authenticator, remember: seconds } = step;
      const box = seconds === undefined ? [] : [{ ...rememberDevice, params: { seconds } }];
      const asked = inputsOf(step, authenticator).map((input) => questioned(input, step.challenge));
      return fieldsWithNotices([...asked, ...box], step.notices);
    }
    case 'enroll': {
      const filled = inputsOf(step, step.authenticator).map((input) => typedBack(filledIn(input, step.offer), typed));
      const fields = fieldsWithNotices(filled, step.notices);
      // The input is below the instructions, and focus would scroll these away before the user has read them. A stage
      // has short instructions.
      const isShort = typeof step.offer.stage === 'string' || step.inputs.includes('new_secret');
      return isShort ? fields : fields.map((field) => ({ ...field, autofocus: field.invalid }));
    }
    case 'identify':
    case 'select':
    case 'profile':
    case 'consent':
    case 'select_account':
    case 'keep_account':
    case 'denied':
    case 'complete':
      return [];
  }
}

/** The explanation below a form, `partials/about`, describes its first input. */
export function explained(fields: readonly Field[]): readonly Field[] {
  return fields.map((field, index) =>
    index > 0 || field.type === 'checkbox'
      ? field
      : { ...field, describedBy: `${field.describedBy ?? ''} about`.trim() },
  );
}

/** The inputs for a secret that a new user chooses, in a form with other inputs. */
export function newSecretInputs({ inputs: kinds, offer, authenticator }: NewSecretField): readonly Input[] {
  return inputsOf({ inputs: kinds }, authenticator).map((input) => filledIn(input, offer));
}

function inputsOf(step: Pick<NewSecretField, 'inputs'>, authenticator: string): readonly Input[] {
  return step.inputs.flatMap((kind) => {
    if (kind === 'public_key') return [];
    return [kind === 'secret' ? secretInput(authenticator) : inputs[kind]];
  });
}

/** The label of a secret is the name of its authenticator. */
function secretInput(authenticator: string): Input {
  return { ...inputs.secret, label: `authenticator.${authenticator}` };
}

/** The question itself is the label of its answer. */
function questioned(input: Input, { questionKey, question }: Readonly<Record<string, unknown>>): Input {
  if (input !== inputs.answer || typeof questionKey !== 'string') return input;
  const label = `question.${questionKey}`;
  return typeof question === 'string' ? { ...input, label, params: { question } } : { ...input, label };
}

function filledIn(input: Input, offer: Readonly<Record<string, unknown>>): Input {
  const { address, country, questions, minLength } = offer;
  if (input === inputs.new_secret && typeof minLength === 'number')
    return { ...input, params: { count: minLength }, strength: minLength };
  if (input === inputs.mail_address && typeof address === 'string') return { ...input, value: address };
  if (input === inputs.phone_number && typeof country === 'string')
    return { ...input, hint: 'phone.hint.country', params: { country } };
  if (input !== inputs.question_choice || !Array.isArray(questions)) return input;
  const choices = questions.map((code) => ({
    value: String(code),
    label: code === 'custom' ? 'question.write' : `question.${code}`,
  }));
  return { ...input, options: choices };
}

/** Shows the typed text again, so that the user can correct it instead of retyping it. */
function typedBack(input: Input, typed: Readonly<Record<string, string>>): Input {
  return input.putBack ? { ...input, value: typed[input.name] ?? input.value } : input;
}

/** The one input of the device page. */
export function userCodeField(
  value: string,
  charset: 'base-20' | 'digits',
  notices: readonly Notice[],
): readonly Field[] {
  const input: Input = {
    name: 'user_code',
    label: 'device.label',
    hint: 'device.hint',
    type: 'text',
    autocomplete: 'off',
    code: true,
    leftToRight: true,
    value,
  };
  return fieldsWithNotices([charset === 'digits' ? { ...input, inputmode: 'numeric' } : input], notices);
}

/** Id of the element that shows the notice at `index`. */
export function noticeId(index: number): string {
  return `message-${index + 1}`;
}

/**
 * Focuses the first input with an error, otherwise the first empty one, but never an optional checkbox. The focused
 * input also announces the notices that belong to no input.
 */
export function fieldsWithNotices(pageInputs: readonly Input[], notices: readonly Notice[]): readonly Field[] {
  const hasError = (input: Input): boolean =>
    notices.some(({ field, level }) => field === input.name && level === 'error');
  const isAsked = ({ type, optional }: Input) => type !== 'checkbox' || !optional;
  const focused = pageInputs.find(hasError) ?? pageInputs.find(({ value }) => value === '') ?? pageInputs.find(isAsked);
  return pageInputs.map((input) => {
    const id = input.name.replaceAll(/[._]/g, '-');
    const belongs = ({ field }: Notice): boolean =>
      field === input.name || (input === focused && !pageInputs.some(({ name }) => name === field));
    const ids = notices.flatMap((notice, index) => (belongs(notice) ? [noticeId(index)] : []));
    if (input.hint !== undefined) ids.unshift(`${id}-hint`);
    return {
      ...withTexts(input),
      id,
      autofocus: input === focused,
      invalid: hasError(input),
      ...(ids.length === 0 ? {} : { describedBy: ids.join(' ') }),
    };
  });
}

/** The input with messages instead of keys. */
function withTexts({ label, hint, params, options, putBack: _, ...input }: Input) {
  const text = (key: string): MessageDescriptor => (params === undefined ? { key } : { key, params });
  return {
    ...input,
    label: text(label),
    ...(hint === undefined ? {} : { hint: text(hint) }),
    ...(options === undefined ? {} : { options: options.map(({ value, label: key }) => ({ value, label: { key } })) }),
  };
}

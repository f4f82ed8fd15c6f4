/** The forms below a step that do something other than answer it. */
import type { Step } from '../../../core/step/step.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import type { HiddenInput, OptionModel } from '../models/shared-models.ts';
import type { StepPage } from './page-models.ts';
import { stateForm } from './page-view.ts';
import { methodOf, publicOf } from './step-texts.ts';

/** In the order of the page. A denied sign-in returns to the app by its main form instead. */
export function optionsOf(page: StepPage, t: Translator): readonly OptionModel[] {
  const { step, canRestart } = page;
  const option = (name: string, text: MessageDescriptor, more: readonly HiddenInput[] = []): OptionModel =>
    optionForm(page, { name, text, more });
  const skip = skipText(step);
  const hasOthers = (step.kind === 'challenge' || step.kind === 'enroll') && step.alternatives;
  const all = [
    ...resendsOf(step, t).map(({ text, more }) => option('resend', text, more)),
    ...(hasOthers ? [option('select', { key: `options.select.${step.kind}` })] : []),
    ...(skip === undefined ? [] : [option('skip', skip)]),
    ...('recoverable' in step && step.recoverable ? [option('recover', { key: 'options.recover' })] : []),
    ...(step.kind === 'identify' && step.canRegister ? [option('register', { key: 'options.register' })] : []),
    ...(step.kind === 'challenge' && step.registers ? [option('register', { key: 'options.register.change' })] : []),
    ...(canRestart ? [option('restart', restartText(page))] : []),
  ];
  if (step.kind === 'denied') return all;
  const cancel = option('cancel', cancelText(page));
  // Refusing is the other answer to the page's question.
  return step.kind === 'consent' ? [cancel, ...all] : [...all, cancel];
}

/** The main form of a denied sign-in. */
export function returnOption(page: StepPage): OptionModel {
  const text = { key: 'options.return', params: { app: page.app.name } };
  return { ...optionForm(page, { name: 'cancel', text, more: [] }), look: 'primary' };
}

interface OptionForm {
  readonly name: string;
  readonly text: MessageDescriptor;
  readonly more: readonly HiddenInput[];
}

function optionForm({ action, stateHandle }: StepPage, { name, text, more }: OptionForm): OptionModel {
  return { main: stateForm({ step: name, action: `${action}/${name}` }, stateHandle, more), look: 'link', text };
}

interface Resend {
  readonly text: MessageDescriptor;
  readonly more: readonly HiddenInput[];
}

/** Another message by the same method, and one for each other method. */
function resendsOf(step: Step, t: Translator): readonly Resend[] {
  const { resend, method, methods } = publicOf(step);
  if (resend !== true) return [];
  const others = Array.isArray(methods) ? methods.map(String).filter((other) => other !== method) : [];
  return [
    { text: { key: t.pick(`options.resend${methodOf(step)}.again`, 'options.resend') }, more: [] },
    ...others.map((other) => ({
      text: { key: t.pick(`options.resend.${other}`, 'options.resend') },
      more: [{ name: 'authenticator.methodType', value: other }],
    })),
  ];
}

/** How long it may still be skipped. The deadline is given as a date in UTC. */
function skipText(step: Step): MessageDescriptor | undefined {
  if (step.kind === 'profile') return step.canSkip ? { key: 'options.skip' } : undefined;
  if (step.kind === 'keep_account') return { key: 'options.let_go' };
  const skippable = 'skippable' in step ? step.skippable : undefined;
  if (skippable === undefined) return undefined;
  const { skipsLeft: count, until } = skippable;
  if (count !== undefined) return { key: 'options.skip.left', params: { count } };
  if (until === undefined) return { key: 'options.skip' };
  return { key: 'options.skip.until', params: { date: { at: until - 1, style: 'day' } } };
}

/** While creating an account, the user may remember to have one: the option then leads to signing in. */
function restartText({ step, recovering }: StepPage): MessageDescriptor {
  if (recovering) return { key: 'options.restart.recovering' };
  if (step.kind === 'select_account') return { key: 'options.restart.another' };
  const isNew = 'registers' in step && step.registers;
  return { key: isNew ? 'options.sign_in' : 'options.restart' };
}

/** A user who is not identified yet has no account to return to. */
function cancelText({ app, step }: StepPage): MessageDescriptor {
  if (step.kind === 'consent') return { key: 'options.refuse', params: { app: app.name } };
  if (!app.ownAccount) return { key: 'options.cancel', params: { app: app.name } };
  return { key: step.kind === 'identify' ? 'options.cancel.sign_in' : 'options.cancel.account' };
}

/** What the templates see: which template, its heading, its fields and messages. */

import type { Notice, Step } from '../../../core/step/step.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { fieldsOf, messageId } from '../fields.ts';
import type { Field } from '../inputs.ts';
import { type OfferView, offerView } from './enrollment-offer.ts';
import { type PageContextLine, pageContextLine, whyOf } from './page-context-line.ts';
import type { AppLabel, StepPage } from './page-models.ts';

export interface AppView {
  readonly name: string;
  /** Absent: the initial stands in. */
  readonly logo?: string;
  readonly initial: string;
}

export interface View {
  /** For pages of lists rather than one form. */
  readonly wide?: boolean;
  /** Path under `views/`, without extension. */
  readonly template: string;
  /** Assets that the page runs. */
  readonly scripts?: readonly string[];
  readonly heading: MessageDescriptor;
  /** What stands over the heading: why the person is here. */
  readonly context?: MessageDescriptor;
  readonly app?: AppView;
  /** What the page says before it asks. */
  readonly lead?: MessageDescriptor;
  readonly messages: readonly MessageView[];
  readonly fields: readonly Field[];
  readonly page: unknown;
}

export interface MessageView extends Notice {
  readonly id: string;
  readonly text: MessageDescriptor;
  /** Stands beside its input, because that is far down the page; otherwise over the form. */
  readonly besideInput: boolean;
}

export interface StepView extends View, PageContextLine {
  readonly page: StepPage;
  readonly options: readonly OptionView[];
  readonly done: readonly string[];
  /** Ways to have the message sent again; none: it cannot be asked for. */
  readonly resends: readonly ResendView[];
  /** There are safer authenticators than the one that is set up. */
  readonly restricted: boolean;
  /** What the main button says. */
  readonly action: MessageDescriptor;
  /** What the script asks to find out that the sign-in went on in another tab. */
  readonly follow?: StepPage['follow'];
  /** Why it is asked for, where the step itself does not say so. */
  readonly why?: MessageDescriptor;
  /** The person may skip the step. */
  readonly skip?: MessageDescriptor;
  /** TOTP and the like: the key without spaces, its `otpauth:` address and its picture. */
  readonly offer?: OfferView;
}

export interface ResendView {
  readonly text: MessageDescriptor;
  /** In which way; absent: as before. */
  readonly method?: string;
}

/** What the authenticator says to the page. */
function publicOf(step: Step): Readonly<Record<string, unknown>> {
  if (step.kind === 'challenge') return step.challenge;
  return step.kind === 'enroll' ? step.offer : {};
}

/** It may go on in another tab, by a link. */
function isFollowed({ step, follow }: StepPage): boolean {
  const { linkable, unsent } = publicOf(step);
  return follow !== undefined && linkable === true && unsent !== true;
}

/** It is to be kept on paper. */
function isPrinted(step: Step): boolean {
  return step.kind === 'enroll' && Array.isArray(step.offer.codes);
}

/** The stage of an enrollment that has several, as a part of keys. */
function stageOf(step: Step): string {
  const { stage } = publicOf(step);
  return step.kind === 'enroll' && typeof stage === 'string' ? `.${stage}` : '';
}

/** How a message went that can go in several ways, as a part of keys. */
function methodOf(step: Step): string {
  const { method } = publicOf(step);
  return typeof method === 'string' ? `.${method}` : '';
}

function resendsOf(step: Step, t: Translator): readonly ResendView[] {
  const { resend, method, methods } = publicOf(step);
  if (resend !== true) return [];
  const others = Array.isArray(methods) ? methods.map(String).filter((one) => one !== method) : [];
  return [
    { text: { key: t.pick(`options.resend${methodOf(step)}.again`, 'options.resend') } },
    ...others.map((other) => ({ text: { key: t.pick(`options.resend.${other}`, 'options.resend') }, method: other })),
  ];
}

function actionOf(step: Step, t: Translator): MessageDescriptor {
  switch (step.kind) {
    case 'challenge':
      // What comes before an enrollment signs nobody in.
      return {
        key: step.toEnroll ? 'action.continue' : t.pick(`challenge.${step.authenticator}.action`, 'action.continue'),
      };
    case 'enroll':
      return { key: t.pick(`enroll.${step.authenticator}${stageOf(step)}.action`, 'action.finish') };
    default:
      return { key: 'action.continue' };
  }
}

export interface OptionView {
  /** `<authenticator>` or `<authenticator>:<enrollment>` */
  readonly value: string;
  readonly authenticator: string;
  readonly name: string;
  readonly label?: string;
  readonly about: string;
}

/** The view of a step page. */
export function viewOfStep(page: StepPage, t: Translator): StepView {
  const { step } = page;
  const heading = headingOf(page, t);
  const lead = leadOf(step, t);
  const why = whyOf(step);
  const skip = skipOf(step);
  const authenticator =
    step.kind === 'identify' ? step.identifyWith : 'authenticator' in step ? step.authenticator : undefined;
  return {
    template: templateOf(step),
    scripts: [
      ...(takesPublicKey(step) ? ['webauthn.js'] : []),
      ...(isFollowed(page) ? ['follow.js'] : []),
      ...(isPrinted(step) ? ['print.js'] : []),
    ],
    ...(isFollowed(page) ? { follow: page.follow } : {}),
    resends: resendsOf(step, t),
    restricted: publicOf(step).restricted === true,
    action: actionOf(step, t),
    heading,
    ...pageContextLine(page, heading),
    app: appView(page.app),
    ...(lead === undefined ? {} : { lead }),
    messages: messageViews(step.notices, t, authenticator).map((message) => ({
      ...message,
      besideInput: step.kind === 'enroll' && message.field !== undefined,
    })),
    fields: fieldsOf(step, page.typed),
    page,
    options: step.kind === 'select' ? optionsOf(step, t) : [],
    ...(why === undefined ? {} : { why }),
    ...(skip === undefined ? {} : { skip }),
    done: (page.done ?? []).map((key) => authenticatorName(key, t)),
    ...(step.kind === 'enroll' ? { offer: offerView(step.offer) } : {}),
  };
}

/** What a script answers has pages of its own. */
function templateOf(step: Step): string {
  const byScript = step.kind !== 'identify' && takesPublicKey(step);
  return byScript ? `steps/${step.kind}-public-key` : `steps/${step.kind}`;
}

function takesPublicKey(step: Step): boolean {
  if (step.kind === 'identify')
    return step.identifyByCredential?.some(({ inputs }) => inputs.includes('public_key')) ?? false;
  return 'inputs' in step && step.inputs.includes('public_key');
}

export function appView(app: AppLabel): AppView {
  const initial = Array.from(app.name.trim())[0]?.toLocaleUpperCase() ?? '?';
  const logo = app.logoUri;
  const own =
    logo !== undefined && (/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(logo) || /^\/(?![/\\])/.test(logo));
  return own ? { name: app.name, initial, logo } : { name: app.name, initial };
}

/** A text may be more exact for one authenticator: `credentials.invalid.totp`. */
export function messageViews(
  messages: readonly Notice[],
  t: Translator,
  authenticator?: string,
): readonly MessageView[] {
  return messages.map((message, index) => {
    const about = message.authenticator ?? authenticator;
    const keys = about === undefined ? [message.code] : [`${message.code}.${about}`, message.code];
    const text =
      message.params === undefined ? { key: t.pick(...keys) } : { key: t.pick(...keys), params: message.params };
    return { ...message, id: messageId(index), text, besideInput: false };
  });
}

function leadOf(step: Step, t: Translator): MessageDescriptor | undefined {
  switch (step.kind) {
    case 'identify':
      return undefined;
    case 'select':
      return {
        key: t.pick(`select.${step.purpose}.lead.${step.skippable?.reason ?? ''}`, `select.${step.purpose}.lead`),
      };
    case 'challenge': {
      // What somebody knows needs no word of where to find it.
      if (step.inputs.includes('secret')) return undefined;
      if (step.challenge.unsent === true)
        return { key: step.alternatives ? 'challenge.unsent.lead' : 'challenge.unsent.lead_only' };
      const { address } = step.challenge;
      const isAddressed = typeof address === 'string' && address !== '';
      const named = isAddressed ? 'lead_address' : step.label === undefined ? 'lead' : 'lead_label';
      return {
        key: t.pick(
          `challenge.${step.authenticator}${methodOf(step)}.${named}`,
          `challenge.${step.authenticator}.${named}`,
          'challenge.other.lead',
        ),
        params: { label: step.label ?? '', address: isAddressed ? address : '' },
      };
    }
    case 'enroll':
      return {
        key: t.pick(
          `enroll.${step.authenticator}${stageOf(step)}${methodOf(step)}.lead`,
          `enroll.${step.authenticator}${stageOf(step)}.lead`,
          'enroll.other.lead',
        ),
        params: { address: String(step.offer.address ?? '') },
      };
    case 'denied':
      return { key: t.pick(`denied.${step.reason}`, 'denied.other') };
    case 'complete':
      return { key: 'complete.lead' };
  }
}

/** How long it may still be skipped; a day is named by its date in UTC. */
function skipOf(step: Step): MessageDescriptor | undefined {
  const skippable = 'skippable' in step ? step.skippable : undefined;
  if (skippable === undefined) return undefined;
  const { skipsLeft: count, until } = skippable;
  if (count !== undefined) return { key: 'options.skip.left', params: { count } };
  if (until === undefined) return { key: 'options.skip' };
  return { key: 'options.skip.until', params: { date: { at: until - 1, style: 'day' } } };
}

/** Keys ending in `.in_app` name the app themselves. */
function headingOf({ step, app }: StepPage, t: Translator): MessageDescriptor {
  switch (step.kind) {
    case 'identify':
      return { key: 'identify.title.in_app', params: { app: app.name } };
    case 'select':
      return { key: `select.${step.purpose}.title` };
    case 'challenge':
    case 'enroll':
      if (publicOf(step).unsent === true) return { key: 'challenge.unsent.title' };
      return {
        key: t.pick(
          `${step.kind}.${step.authenticator}${stageOf(step)}${methodOf(step)}.title`,
          `${step.kind}.${step.authenticator}${stageOf(step)}.title`,
          `${step.kind}.${step.authenticator}.title`,
          `${step.kind}.other.title`,
        ),
        params: { authenticator: authenticatorName(step.authenticator, t) },
      };
    case 'denied':
      return { key: t.pick(`denied.${step.reason}.title`, 'denied.title.in_app'), params: { app: app.name } };
    case 'complete':
      return { key: 'complete.title' };
  }
}

function authenticatorName(key: string, t: Translator): string {
  return t.text(t.pick(`authenticator.${key}`, 'authenticator.other'), { key });
}

function optionsOf(step: Extract<Step, { kind: 'select' }>, t: Translator): readonly OptionView[] {
  return step.options.map(({ authenticator, enrollment, label }) => ({
    value: enrollment === undefined || enrollment === '' ? authenticator : `${authenticator}:${enrollment}`,
    authenticator,
    name: authenticatorName(authenticator, t),
    about: t.text(t.pick(`select.${step.purpose}.${authenticator}`, `select.${step.purpose}.other`)),
    ...(label === undefined ? {} : { label }),
  }));
}

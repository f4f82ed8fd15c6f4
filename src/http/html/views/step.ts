/** The pages of the step loop: the template of each step, and its model. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Notice, Step } from '../../../core/step/step.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { explained, fieldsOf, identifyFields } from '../fields/fields.ts';
import type { ChoiceModel, IdentifyModel, SentToModel } from '../models/step-models.ts';
import { consentModel, keepAccountModel, selectAccountModel } from './consent-form.ts';
import { endingOf } from './end-announcement.ts';
import { recoveryCodesOf, setupOf } from './enrollment-offer.ts';
import { identifierTexts, isUsual } from './identifier-text.ts';
import type { StepPage } from './page-models.ts';
import {
  accountModel,
  appView,
  authenticatorName,
  contactOf,
  iconOf,
  noticesModel,
  stateForm,
  type View,
} from './page-view.ts';
import { profileModel } from './profile-form.ts';
import { assertionInputs, attestationInputs, ceremonyForm, publicKeyModel, takesPublicKey } from './public-key.ts';
import { beforeSendingModel } from './sending-challenge.ts';
import { optionsOf, returnOption } from './step-options.ts';
import { otherTabOf, scriptsOf } from './step-scripts.ts';
import {
  challengeAction,
  challengeLead,
  contextOf,
  denialKey,
  enrollAction,
  enrollLead,
  headingOf,
  publicOf,
  reasonOf,
  selectLead,
} from './step-texts.ts';

export function stepView(page: StepPage, t: Translator): View {
  const { step } = page;
  const heading = headingOf(page, t);
  const content = stepContent(page, t);
  return {
    ...content,
    heading,
    app: appView(page.app),
    account: accountModel(
      page.account,
      (page.done ?? []).map((key) => authenticatorName(key, t)),
    ),
    ...omitUndefined({ context: contextOf(page, heading), ending: endingOf(page) }),
    notices: noticesModel(step.notices, t, {
      authenticator: authenticatorOf(step),
      step: step.kind,
      variants: variantsOf(page),
      only: (notice) => !isBesideInput(step, notice),
    }),
    scripts: scriptsOf(page),
    // A key, its picture and the code that proves it fit on one screen.
    wide: step.kind === 'enroll' && 'secret' in step.offer,
  };
}

/** Variants of notice texts: the identifier has its own name, or the secret can be recovered. */
function variantsOf(page: StepPage): readonly string[] {
  const { step } = page;
  const isRecoverable = 'recoverable' in step && step.recoverable === true;
  return [...(step.kind === 'identify' && !isUsual(page) ? ['other'] : []), ...(isRecoverable ? ['recoverable'] : [])];
}

type Content = View extends infer V ? (V extends View ? Pick<V, 'template' | 'model'> : never) : never;

/** A step of one kind, with its page. */
interface StepOf<K extends Step['kind']> {
  readonly page: StepPage;
  readonly step: Extract<Step, { kind: K }>;
  readonly t: Translator;
}

function stepContent(page: StepPage, t: Translator): Content {
  const { step } = page;
  const context = { page, t };
  switch (step.kind) {
    case 'identify':
      return { template: 'steps/identify', model: identifyModel({ ...context, step }) };
    case 'select':
      return selectContent({ ...context, step });
    case 'challenge':
      return takesPublicKey(step) ? publicKeyChallenge({ ...context, step }) : challengeContent({ ...context, step });
    case 'enroll':
      return takesPublicKey(step) ? publicKeyEnroll({ ...context, step }) : enrollContent({ ...context, step });
    case 'profile':
      return { template: 'steps/profile', model: profileModel({ ...context, step }) };
    case 'consent':
      return { template: 'steps/consent', model: consentModel({ ...context, step }) };
    case 'select_account':
      return { template: 'steps/select-account', model: selectAccountModel({ ...context, step }) };
    case 'keep_account':
      return { template: 'steps/keep-account', model: keepAccountModel({ ...context, step }) };
    case 'denied':
      return denied({ ...context, step });
    case 'complete':
      return { template: 'steps/complete', model: { lead: { key: 'complete.lead' } } };
  }
}

function identifyModel({ page, step, t }: StepOf<'identify'>): IdentifyModel {
  const byScript = step.identifyByCredential?.filter(({ inputs }) => inputs.includes('public_key')) ?? [];
  return {
    main: stateForm({ step: 'identify', action: page.action, novalidate: true }, page.stateHandle),
    fields: identifyFields(step, identifierTexts(page, t)),
    ...beforeSendingModel(page, step),
    action: { key: step.identifyWith ? 'action.sign_in' : 'action.continue' },
    credentials: byScript.map(({ authenticator, challenge, autofillOnly }) => {
      // A credential that was just refused is not offered again automatically, unless there is no button to ask for it.
      const isRefused = !autofillOnly && step.notices.some((notice) => notice.authenticator === authenticator);
      const options = JSON.stringify({ ...challenge, ...(autofillOnly && { mediation: 'conditional' }) });
      const ceremony = { options, ...(isRefused ? {} : ({ autofill: true } as const)) };
      const box =
        step.keepSignedIn === undefined ? [] : [{ name: 'rememberMe', value: '', box: 'rememberMe' } as const];
      return {
        form: stateForm({ step: 'identify', authenticator, action: page.action, ceremony }, page.stateHandle, [
          { name: 'authenticator.id', value: authenticator },
          ...box,
        ]),
        publicKey: publicKeyModel(authenticator, assertionInputs, {
          look: 'secondary',
          action: { key: `identify.${authenticator}.action` },
        }),
      };
    }),
    options: optionsOf(page, t),
  };
}

function selectContent({ page, step, t }: StepOf<'select'>): Content {
  const choices = step.options.map(
    ({ authenticator, enrollment, label, method }): ChoiceModel => ({
      value: enrollment === undefined || enrollment === '' ? authenticator : `${authenticator}:${enrollment}`,
      icon: iconOf(authenticator),
      name: authenticatorName(authenticator, t),
      about: {
        key: t.pick(`select.${step.purpose}.${authenticator}.${method}`, `select.${step.purpose}.${authenticator}`),
      },
      ...omitUndefined({ label }),
    }),
  );
  const main = stateForm({ step: 'select', action: page.action }, page.stateHandle);
  return {
    template: 'steps/select',
    model: {
      lead: selectLead(step, t),
      main,
      choices,
      ...soleChoice(step, choices, t),
      options: optionsOf(page, t),
    },
  };
}

/** A single authenticator is offered and not chosen. */
function soleChoice({ purpose, options }: StepOf<'select'>['step'], [first]: readonly ChoiceModel[], t: Translator) {
  const key = options.length === 1 && purpose === 'enroll' ? options[0]?.authenticator : undefined;
  if (key === undefined || first === undefined) return {};
  return { sole: { ...first, action: { key: t.pick(`account.add.one.${key}`, 'action.continue') } } };
}

function challengeContent({ page, step, t }: StepOf<'challenge'>): Content {
  const { authenticator } = step;
  const fields = fieldsOf(step);
  return {
    template: 'steps/challenge',
    model: {
      ...whyAndHow(step, t),
      ...omitUndefined({
        sentTo: sentToOf(step),
        username: step.inputs.includes('secret') ? page.account?.identifier : undefined,
        otherTab: otherTabOf(page),
      }),
      main: stateForm({ step: 'challenge', authenticator, action: page.action, novalidate: true }, page.stateHandle),
      fields: step.inputs.includes('secret') ? fields : explained(fields),
      // A link is answered on the page that it opens.
      ...(step.inputs.length > 0 && { action: challengeAction(step) }),
      options: optionsOf(page, t),
    },
  };
}

function publicKeyChallenge({ page, step, t }: StepOf<'challenge'>): Content {
  const ceremony = { options: JSON.stringify(step.challenge), focus: true } as const;
  return {
    template: 'steps/challenge-public-key',
    model: {
      ...whyAndHow(step, t),
      main: ceremonyForm(page, step, ceremony),
      fields: fieldsOf(step),
      publicKey: publicKeyModel(step.authenticator, assertionInputs, {
        look: 'primary',
        action: { key: `challenge.${step.authenticator}.action` },
      }),
      options: optionsOf(page, t),
    },
  };
}

/**
 * The reason, above the form, and the explanation, below. If nothing was sent, this is said before the input for an
 * earlier code.
 */
function whyAndHow(step: Extract<Step, { kind: 'challenge' }>, t: Translator) {
  const lead = challengeLead(step, t);
  if (publicOf(step).unsent === true) return { reason: { text: lead } };
  return omitUndefined({ reason: reasonOf(step), lead: step.inputs.includes('secret') ? undefined : lead });
}

/** Masked, or as the user has just typed it. */
function sentToOf(step: Extract<Step, { kind: 'challenge' | 'enroll' }>): SentToModel | undefined {
  const { address, unsent, stage } = publicOf(step);
  const isSent = typeof address === 'string' && address !== '' && unsent !== true && stage !== 'address';
  return isSent ? { icon: iconOf(step.authenticator), address } : undefined;
}

function enrollContent({ page, step, t }: StepOf<'enroll'>): Content {
  const { authenticator, offer } = step;
  const restricted = step.alternatives ? 'enroll.restricted.alternatives' : 'enroll.restricted';
  return {
    template: 'steps/enroll',
    model: {
      ...enrollBase({ page, step, t }),
      main: stateForm({ step: 'enroll', authenticator, action: page.action, novalidate: true }, page.stateHandle),
      cautions: [
        ...(offer.restricted === true ? [{ code: 'enroll.restricted', text: { key: restricted } }] : []),
        ...(offer.replaces === true ? [{ code: 'enroll.replaces', text: { key: 'enroll.replaces' } }] : []),
      ],
      ...omitUndefined({
        username: step.inputs.includes('new_secret') ? page.account?.identifier : undefined,
        sentTo: sentToOf(step),
        recoveryCodes: recoveryCodesOf(page, offer),
        setup: setupOf(offer),
      }),
      action: enrollAction(step),
    },
  };
}

function publicKeyEnroll({ page, step, t }: StepOf<'enroll'>): Content {
  const ceremony = { options: JSON.stringify(step.offer) };
  return {
    template: 'steps/enroll-public-key',
    model: {
      ...enrollBase({ page, step, t }),
      main: { ...ceremonyForm(page, step, ceremony), novalidate: true },
      publicKey: publicKeyModel(step.authenticator, attestationInputs, { look: 'primary', action: enrollAction(step) }),
    },
  };
}

function enrollBase({ page, step, t }: StepOf<'enroll'>) {
  return {
    ...omitUndefined({ reason: reasonOf(step) }),
    lead: enrollLead(step, t),
    endsOtherSessions: step.endsOtherSessions === true,
    notices: noticesModel(step.notices, t, {
      authenticator: step.authenticator,
      only: (notice) => isBesideInput(step, notice),
    }),
    fields: 'codes' in step.offer ? fieldsOf(step, page.typed) : explained(fieldsOf(step, page.typed)),
    options: optionsOf(page, t),
  };
}

function denied({ page, step, t }: StepOf<'denied'>): Content {
  return {
    template: 'steps/denied',
    model: {
      code: `denied.${step.reason}`,
      lead: { key: denialKey(page, step) },
      back: returnOption(page),
      reference: page.uid,
      ...contactOf(page, t),
      options: optionsOf(page, t),
    },
  };
}

function authenticatorOf(step: Step): string | undefined {
  if (step.kind === 'identify') return step.identifyWith;
  return 'authenticator' in step ? step.authenticator : undefined;
}

/** The inputs of an enrollment or a profile may be far down the page, so their errors are shown next to them. */
function isBesideInput(step: Step, { field }: Notice): boolean {
  return (step.kind === 'enroll' || step.kind === 'profile') && field !== undefined;
}

/** The pages of the step loop: which template draws a step, and what it is given. */
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { Notice, Step } from '../../../core/step/step.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import { fieldsOf, identifyFields } from '../fields.ts';
import type { AccountModel, FormModel } from '../models/shared-models.ts';
import type { ChoiceModel, IdentifyModel, OtherTabModel, PublicKeyModel } from '../models/step-models.ts';
import { consentModel, keepAccountModel, selectAccountModel } from './consent-form.ts';
import { recoveryCodesOf, setupOf } from './enrollment-offer.ts';
import { identifierWords, isUsual } from './identifier-words.ts';
import type { StepPage } from './page-models.ts';
import { profileModel } from './profile-form.ts';
import { solvedFirst } from './solved-first.ts';
import { optionsOf, returnOption } from './step-options.ts';
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
import { accountModel, appView, authenticatorName, iconOf, noticesModel, stateForm, type View } from './view.ts';

export function stepView(page: StepPage, t: Translator): View {
  const { step } = page;
  const heading = headingOf(page, t);
  const content = stepContent(page, t);
  return {
    ...content,
    heading,
    app: appView(page.app),
    ...omitUndefined({ context: contextOf(page, heading) }),
    notices: noticesModel(step.notices, t, {
      authenticator: authenticatorOf(step),
      step: step.kind,
      ...(step.kind === 'identify' && !isUsual(page) ? { variant: 'other' } : {}),
      only: (notice) => !isBesideInput(step, notice),
    }),
    scripts: scriptsOf(page),
  };
}

type Content = View extends infer V ? (V extends View ? Pick<V, 'template' | 'model'> : never) : never;

/** A step of one kind, with its page. */
interface StepOf<K extends Step['kind']> {
  readonly page: StepPage;
  readonly step: Extract<Step, { kind: K }>;
  readonly t: Translator;
  readonly account: AccountModel;
}

function stepContent(page: StepPage, t: Translator): Content {
  const { step } = page;
  const done = (page.done ?? []).map((key) => authenticatorName(key, t));
  const context = { page, t, account: accountModel(page.account, done) };
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
      return { template: 'steps/complete', model: { account: context.account, lead: { key: 'complete.lead' } } };
  }
}

function identifyModel({ page, step, t }: StepOf<'identify'>): IdentifyModel {
  const byScript = step.identifyByCredential?.filter(({ inputs }) => inputs.includes('public_key')) ?? [];
  return {
    main: stateForm({ step: 'identify', action: page.action, novalidate: true }, page.stateHandle),
    fields: identifyFields(step, identifierWords(page, t)),
    ...solvedFirst(page, step),
    action: { key: step.identifyWith ? 'action.sign_in' : 'action.continue' },
    credentials: byScript.map(({ authenticator, challenge, autofillOnly }) => {
      // A credential that was just refused is not offered again unasked, unless there is no button to ask with.
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
        publicKey: publicKeyModel(assertionInputs, 'secondary', { key: `identify.${authenticator}.action` }),
      };
    }),
    options: optionsOf(page, t),
  };
}

function selectContent({ page, step, t, account }: StepOf<'select'>): Content {
  const choices = step.options.map(
    ({ authenticator, enrollment, label }): ChoiceModel => ({
      value: enrollment === undefined || enrollment === '' ? authenticator : `${authenticator}:${enrollment}`,
      icon: iconOf(authenticator),
      name: authenticatorName(authenticator, t),
      about: { key: `select.${step.purpose}.${authenticator}` },
      ...omitUndefined({ label }),
    }),
  );
  const main = stateForm({ step: 'select', action: page.action }, page.stateHandle);
  return {
    template: 'steps/select',
    model: { account, lead: selectLead(step, t), main, choices, options: optionsOf(page, t) },
  };
}

function challengeContent({ page, step, t, account }: StepOf<'challenge'>): Content {
  const { authenticator } = step;
  return {
    template: 'steps/challenge',
    model: {
      account,
      ...omitUndefined({
        reason: reasonOf(step),
        lead: challengeLead(step, t),
        username: step.inputs.includes('secret') ? page.account?.identifier : undefined,
        otherTab: otherTabOf(page),
      }),
      main: stateForm({ step: 'challenge', authenticator, action: page.action, novalidate: true }, page.stateHandle),
      fields: fieldsOf(step),
      action: challengeAction(step),
      options: optionsOf(page, t),
    },
  };
}

function publicKeyChallenge({ page, step, t, account }: StepOf<'challenge'>): Content {
  const ceremony = { options: JSON.stringify(step.challenge), focus: true } as const;
  return {
    template: 'steps/challenge-public-key',
    model: {
      account,
      ...omitUndefined({ reason: reasonOf(step), lead: challengeLead(step, t) }),
      main: ceremonyForm(page, step, ceremony),
      fields: fieldsOf(step),
      publicKey: publicKeyModel(assertionInputs, 'primary', { key: `challenge.${step.authenticator}.action` }),
      options: optionsOf(page, t),
    },
  };
}

function enrollContent({ page, step, t, account }: StepOf<'enroll'>): Content {
  const { authenticator, offer } = step;
  const restricted = step.alternatives ? 'enroll.restricted.alternatives' : 'enroll.restricted';
  return {
    template: 'steps/enroll',
    model: {
      ...enrollBase({ page, step, t, account }),
      main: stateForm({ step: 'enroll', authenticator, action: page.action, novalidate: true }, page.stateHandle),
      cautions: [
        ...(offer.restricted === true ? [{ code: 'enroll.restricted', text: { key: restricted } }] : []),
        ...(offer.replaces === true ? [{ code: 'enroll.replaces', text: { key: 'enroll.replaces' } }] : []),
      ],
      ...omitUndefined({
        username: step.inputs.includes('new_secret') ? page.account?.identifier : undefined,
        recoveryCodes: recoveryCodesOf(page, offer),
        setup: setupOf(offer),
      }),
      action: enrollAction(step),
    },
  };
}

function publicKeyEnroll({ page, step, t, account }: StepOf<'enroll'>): Content {
  const ceremony = { options: JSON.stringify(step.offer) };
  return {
    template: 'steps/enroll-public-key',
    model: {
      ...enrollBase({ page, step, t, account }),
      main: { ...ceremonyForm(page, step, ceremony), novalidate: true },
      publicKey: publicKeyModel(attestationInputs, 'primary', enrollAction(step)),
    },
  };
}

function enrollBase({ page, step, t, account }: StepOf<'enroll'>) {
  return {
    account,
    ...omitUndefined({ reason: reasonOf(step) }),
    lead: enrollLead(step, t),
    endsOtherSessions: step.endsOtherSessions === true,
    notices: noticesModel(step.notices, t, {
      authenticator: step.authenticator,
      only: (notice) => isBesideInput(step, notice),
    }),
    fields: fieldsOf(step, page.typed),
    options: optionsOf(page, t),
  };
}

function denied({ page, step, t, account }: StepOf<'denied'>): Content {
  return {
    template: 'steps/denied',
    model: {
      account,
      code: `denied.${step.reason}`,
      lead: { key: denialKey(page, step.reason) },
      back: returnOption(page),
      options: optionsOf(page, t),
    },
  };
}

const assertionInputs = ['clientData', 'authenticatorData', 'signatureData', 'userHandle', 'credentialId'];
const attestationInputs = ['clientData', 'attestation', 'transports'];

/** What may go wrong in a ceremony, as `webauthn.js` names it. */
const ceremonyFailures: readonly string[] = [
  'webauthn.cancelled',
  'webauthn.registered',
  'webauthn.unverifiable',
  'webauthn.unsupported',
  'webauthn.unavailable',
  'webauthn.failed',
];

function publicKeyModel(
  inputs: readonly string[],
  look: PublicKeyModel['look'],
  action: MessageDescriptor,
): PublicKeyModel {
  return { inputs: inputs.map((name) => `credentials.${name}`), failures: ceremonyFailures, look, action };
}

function ceremonyForm(
  { action, stateHandle }: StepPage,
  { kind: step, authenticator }: Extract<Step, { kind: 'challenge' | 'enroll' }>,
  ceremony: NonNullable<FormModel['ceremony']>,
): FormModel {
  return stateForm({ step, authenticator, action, ceremony }, stateHandle);
}

function takesPublicKey(step: Step): boolean {
  if (step.kind === 'identify')
    return step.identifyByCredential?.some(({ inputs }) => inputs.includes('public_key')) ?? false;
  return 'inputs' in step && step.inputs.includes('public_key');
}

function authenticatorOf(step: Step): string | undefined {
  if (step.kind === 'identify') return step.identifyWith;
  return 'authenticator' in step ? step.authenticator : undefined;
}

/** The inputs of an enrollment or a profile may be far down the page, so what is wrong with them stands there. */
function isBesideInput(step: Step, { field }: Notice): boolean {
  return (step.kind === 'enroll' || step.kind === 'profile') && field !== undefined;
}

/** The user may go on in another tab by a magic link, so the page asks whether that has happened. */
function otherTabOf({ step, follow, action }: StepPage): OtherTabModel | undefined {
  const { linkable, unsent } = publicOf(step);
  if (follow === undefined || linkable !== true || unsent === true) return undefined;
  return { main: { method: 'get', step: 'continue', action, follow, hidden: [] } };
}

function asksForNewSecret(step: Step): boolean {
  if (step.kind === 'profile') return step.secret !== undefined;
  return step.kind === 'enroll' && step.inputs.includes('new_secret');
}

function scriptsOf(page: StepPage): readonly string[] {
  const { step } = page;
  const isPrinted = step.kind === 'enroll' && Array.isArray(step.offer.codes);
  return [
    ...(takesPublicKey(step) ? ['webauthn.js'] : []),
    ...(otherTabOf(page) ? ['other-tab.js'] : []),
    ...(isPrinted ? ['print.js'] : []),
    ...(asksForNewSecret(step) ? ['new-secret.js'] : []),
    ...('work' in step && step.work ? ['work.js'] : []),
    ...(page.challengeService ? ['challenge-service.js'] : []),
  ];
}

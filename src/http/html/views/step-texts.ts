/** The texts of a step, by stable codes. More specific codes come first: by authenticator, stage and sending method. */
import type { Step } from '../../../core/step/step.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { Translator } from '../../../rendering/translator.ts';
import type { ReasonModel } from '../models/step-models.ts';
import type { StepPage } from './page-models.ts';
import { authenticatorName } from './page-view.ts';

/** The public data from the authenticator. */
export function publicOf(step: Step): Readonly<Record<string, unknown>> {
  if (step.kind === 'challenge') return step.challenge;
  return step.kind === 'enroll' ? step.offer : {};
}

/** The stage of an enrollment with several stages, as a part of keys. */
function stageOf(step: Step): string {
  const { stage } = publicOf(step);
  return step.kind === 'enroll' && typeof stage === 'string' ? `.${stage}` : '';
}

/** How a message was sent, if there are several methods, as a part of keys. */
export function methodOf(step: Step): string {
  const { method } = publicOf(step);
  return typeof method === 'string' ? `.${method}` : '';
}

/**
 * The text key of a denial. The denial of a recovery does not concern the app. Where the user may go on elsewhere, or
 * later, the text says so.
 */
export function denialKey(
  { recovering }: Pick<StepPage, 'recovering'>,
  { reason, isPassing }: { readonly reason: string; readonly isPassing?: true },
): string {
  const isPlain = !recovering || reason === 'nothing_to_recover' || reason === 'account_inactive';
  if (isPlain) return `denied.${reason}`;
  return isPassing ? 'denied.recovery.elsewhere' : 'denied.recovery';
}

/** Keys ending in `.in_app` contain the name of the app. */
export function headingOf(page: StepPage, t: Translator): MessageDescriptor {
  const { step, app } = page;
  switch (step.kind) {
    case 'identify':
      if (page.recovering) return { key: 'recover.title' };
      return { key: 'identify.title.in_app', params: { app: app.name } };
    case 'select':
      return { key: t.pick(...soleTitle(step), `select.${step.purpose}.title`) };
    case 'challenge':
    case 'enroll':
      if (publicOf(step).unsent === true) return { key: 'challenge.unsent.title' };
      return {
        key: t.pick(
          `${step.kind}.${step.authenticator}${stageOf(step)}${methodOf(step)}.title`,
          `${step.kind}.${step.authenticator}${stageOf(step)}.title`,
        ),
        params: { authenticator: authenticatorName(step.authenticator, t) },
      };
    case 'profile':
      return { key: step.registers ? 'register.title' : 'profile.title' };
    case 'consent':
      return { key: 'consent.title.in_app', params: { app: app.name } };
    case 'select_account':
      return { key: 'select_account.title' };
    case 'keep_account':
      return { key: 'keep_account.title' };
    case 'denied':
      return {
        key: t.pick(`${denialKey(page, { reason: step.reason })}.title`, 'denied.title.in_app'),
        params: { app: app.name },
      };
    case 'complete':
      return { key: 'complete.title' };
  }
}

/** If only one authenticator is offered, its name is the title. */
function soleTitle({ purpose, options: [first, ...others] }: Extract<Step, { kind: 'select' }>): readonly string[] {
  return purpose === 'enroll' && first !== undefined && others.length === 0
    ? [`enroll.${first.authenticator}.title`]
    : [];
}

/** The line above the heading. Absent if the heading itself names the app. */
export function contextOf(
  { app, step, recovering }: StepPage,
  heading: MessageDescriptor,
): MessageDescriptor | undefined {
  if (heading.key.endsWith('.in_app')) return undefined;
  // On the first page of a recovery, the heading says so.
  if (recovering && step.kind !== 'identify') return { key: 'context.recover' };
  if (app.ownAccount) return { key: 'account.title' };
  const isNew = 'registers' in step && step.registers;
  return { key: recovering || isNew ? 'context.register' : 'context.sign_in', params: { app: app.name } };
}

/**
 * The reason for the step, if the step does not show it itself. Only reasons that delay the sign-in are messages with a
 * code for testers.
 */
export function reasonOf(step: Step): ReasonModel | undefined {
  if (step.kind === 'challenge' && step.toEnroll)
    return { text: { key: 'enroll.prove_first' }, code: 'enroll.prove_first' };
  if (step.kind !== 'enroll') return undefined;
  if (step.replacementReason)
    return {
      text: { key: `enroll.replacement.${step.replacementReason}` },
      code: `enroll.replacement.${step.replacementReason}`,
    };
  return step.skippable && { text: { key: `enroll.reason.${step.skippable.reason}` } };
}

/** The purpose of the form. */
export function profileLead({ app }: StepPage, step: Extract<Step, { kind: 'profile' }>): MessageDescriptor {
  if (step.registers) return { key: 'register.lead' };
  return { key: step.canSkip ? 'profile.lead.optional' : 'profile.lead', params: { app: app.name } };
}

export function selectLead(step: Extract<Step, { kind: 'select' }>, t: Translator): MessageDescriptor {
  const reason = step.skippable?.reason ?? '';
  const sole = step.purpose === 'enroll' && step.options.length === 1 ? [`enroll.reason.${reason}`] : [];
  return { key: t.pick(...sole, `select.${step.purpose}.lead.${reason}`, `select.${step.purpose}.lead`) };
}

export function challengeLead(step: Extract<Step, { kind: 'challenge' }>, t: Translator): MessageDescriptor {
  const { authenticator, label } = step;
  if (step.inputs.includes('secret')) {
    return { key: `challenge.${authenticator}.lead` };
  }
  if (step.challenge.unsent === true) {
    // A notice of this request has already said so, with the time to wait.
    if (step.notices.some(({ code }) => code === 'send.exceeded'))
      return { key: step.alternatives ? 'challenge.unsent.told' : 'challenge.unsent.told_only' };
    return { key: step.alternatives ? 'challenge.unsent.lead' : 'challenge.unsent.lead_only' };
  }
  const { address } = step.challenge;
  const isAddressed = typeof address === 'string' && address !== '';
  const named = isAddressed ? 'lead_address' : label === undefined ? 'lead' : 'lead_label';
  return {
    key: t.pick(
      `challenge.${authenticator}${methodOf(step)}.${named}`,
      `challenge.${authenticator}.${named}`,
      `challenge.${authenticator}.lead`,
    ),
    params: { label: label ?? '', address: isAddressed ? address : '' },
  };
}

export function enrollLead(step: Extract<Step, { kind: 'enroll' }>, t: Translator): MessageDescriptor {
  const { authenticator, offer } = step;
  return {
    key: t.pick(
      `enroll.${authenticator}${stageOf(step)}${methodOf(step)}.lead`,
      `enroll.${authenticator}${stageOf(step)}.lead`,
    ),
    params: { address: String(offer.address ?? '') },
  };
}

/** The text of a challenge's main button. A proof before an enrollment does not sign the user in. */
export function challengeAction(step: Extract<Step, { kind: 'challenge' }>): MessageDescriptor {
  return { key: step.toEnroll ? 'action.continue' : `challenge.${step.authenticator}.action` };
}

export function enrollAction(step: Extract<Step, { kind: 'enroll' }>): MessageDescriptor {
  return { key: `enroll.${step.authenticator}${stageOf(step)}.action` };
}

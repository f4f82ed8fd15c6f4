/** Which scripts a step runs. Apart from passkeys, every page also works without them. */
import type { Step } from '../../../core/step/step.ts';
import type { OtherTabModel } from '../models/step-models.ts';
import { endingOf } from './end-announcement.ts';
import type { StepPage } from './page-models.ts';
import { takesPublicKey } from './public-key.ts';
import { publicOf } from './step-texts.ts';

/** The user may continue in another tab by a magic link, so the page asks whether that has happened. */
export function otherTabOf({ step, follow, action }: StepPage): OtherTabModel | undefined {
  const { linkable, unsent, method } = publicOf(step);
  if (follow === undefined || linkable !== true || unsent === true) return undefined;
  const lead = { key: method === 'link' ? 'follow.lead.link' : 'follow.lead' };
  return { lead, main: { method: 'get', step: 'continue', action, follow, hidden: [] } };
}

/** The step has an input whose text is hidden. */
function asksForSecret(step: Step): boolean {
  if (step.kind === 'identify') return step.identifyWith !== undefined;
  return asksForNewSecret(step) || ('inputs' in step && step.inputs.includes('secret'));
}

function asksForNewSecret(step: Step): boolean {
  if (step.kind === 'profile') return step.secret !== undefined;
  return step.kind === 'enroll' && step.inputs.includes('new_secret');
}

export function scriptsOf(page: StepPage): readonly string[] {
  const { step } = page;
  const isPrinted = step.kind === 'enroll' && Array.isArray(step.offer.codes);
  return [
    ...(takesPublicKey(step) ? ['webauthn.js'] : []),
    ...(otherTabOf(page) ? ['other-tab.js'] : []),
    ...(isPrinted ? ['print.js'] : []),
    ...(step.kind === 'identify' ? ['names.js'] : []),
    ...(asksForSecret(step) ? ['secret.js'] : []),
    ...(asksForNewSecret(step) ? ['new-secret.js'] : []),
    ...('work' in step && step.work ? ['work.js'] : []),
    ...(endingOf(page) ? ['ending.js'] : []),
    ...(page.challengeService ? ['challenge-service.js'] : []),
  ];
}

/** What a step says about why the person is here, and where they get when they give up. */
import type { Step } from '../../../core/step/step.ts';
import type { TextRef } from '../message-descriptor.ts';
import type { StepPage } from './page-models.ts';

export interface Surroundings {
  /** Absent: the heading names the app itself. */
  readonly context?: TextRef;
  readonly cancel: TextRef;
}

/** Whoever looks after their own account is not on the way to an app. */
export function surroundingsOf(page: StepPage, heading: TextRef): Surroundings {
  const context = page.app.ownAccount
    ? { key: 'account.title' }
    : { key: 'context.sign_in', params: { app: page.app.name } };
  return { cancel: cancelOf(page), ...(heading.key.endsWith('.in_app') ? {} : { context }) };
}

function cancelOf({ app, step }: StepPage): TextRef {
  if (!app.ownAccount) return { key: 'ways.cancel', params: { app: app.name } };
  // Who has not said who they are has no account to go back to.
  return { key: step.kind === 'identify' ? 'ways.cancel.sign_in' : 'ways.cancel.account' };
}

/** Why it is asked for, where the step itself does not say so. */
export function whyOf(step: Step): TextRef | undefined {
  if (step.kind === 'challenge' && step.toEnroll) return { key: 'enroll.prove_first' };
  return step.kind === 'enroll' && step.skippable ? { key: `enroll.why.${step.skippable.reason}` } : undefined;
}

/** What a step says about why the person is here, and where they get when they give up. */
import type { Step } from '../../../core/step/step.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { StepPage } from './page-models.ts';

export interface PageContextLine {
  /** Absent: the heading names the app itself. */
  readonly context?: MessageDescriptor;
  readonly cancel: MessageDescriptor;
}

/** Whoever looks after their own account is not on the way to an app. */
export function pageContextLine(page: StepPage, heading: MessageDescriptor): PageContextLine {
  const context = page.app.ownAccount
    ? { key: 'account.title' }
    : { key: 'context.sign_in', params: { app: page.app.name } };
  return { cancel: cancelOf(page), ...(heading.key.endsWith('.in_app') ? {} : { context }) };
}

function cancelOf({ app, step }: StepPage): MessageDescriptor {
  if (!app.ownAccount) return { key: 'options.cancel', params: { app: app.name } };
  // Who has not said who they are has no account to go back to.
  return { key: step.kind === 'identify' ? 'options.cancel.sign_in' : 'options.cancel.account' };
}

/** Why it is asked for, where the step itself does not say so. */
export function whyOf(step: Step): MessageDescriptor | undefined {
  if (step.kind === 'challenge' && step.toEnroll) return { key: 'enroll.prove_first' };
  return step.kind === 'enroll' && step.skippable ? { key: `enroll.why.${step.skippable.reason}` } : undefined;
}

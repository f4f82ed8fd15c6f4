/** Announces the end of a sign-in, in time for the user to finish or to start again. */

import type { Seconds } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { EndingModel } from '../models/shared-models.ts';
import { nextLinkText } from './next-link-text.ts';
import type { StepPage } from './page-models.ts';

/** From this time before the end, the page itself announces it. */
const near: Seconds = 600;
/** When the script of an open page announces it. `ending.js` has the same value. */
const warned: Seconds = 300;

/** Undefined if nothing remains to be done on the page. */
export function endingOf({ step, remaining, afterEnd }: StepPage): EndingModel | undefined {
  if (step.kind === 'denied' || step.kind === 'complete') return undefined;
  // A pushed or signed request counts once, so only the app can start it again.
  const isElsewhere = afterEnd.kind === 'app' || afterEnd.kind === 'account';
  return {
    remaining,
    warning: lessThan(warned),
    over: { key: isElsewhere ? 'ending.over.elsewhere' : 'ending.over' },
    next: { href: afterEnd.href, text: nextLinkText(afterEnd) },
    ...omitUndefined({ near: remaining < near ? lessThan(remaining) : undefined }),
  };
}

function lessThan(time: Seconds): MessageDescriptor {
  return { key: 'ending.soon', params: { minutes: Math.max(1, Math.ceil(time / 60)) } };
}

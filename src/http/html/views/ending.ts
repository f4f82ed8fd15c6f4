/** When a sign-in ends, said on its pages in time to finish, or to start again knowingly. */

import type { Seconds } from '../../../core/model/facts.ts';
import { omitUndefined } from '../../../core/model/omit-undefined.ts';
import type { MessageDescriptor } from '../../../rendering/message-descriptor.ts';
import type { EndingModel } from '../models/shared-models.ts';
import { nextLinkText } from './next-link-text.ts';
import type { StepPage } from './page-models.ts';

/** From here on a page says so by itself. */
const near: Seconds = 600;
/** When the script of a page that was left open says so; `ending.js` has the same. */
const warned: Seconds = 300;

/** `undefined`: there is nothing left to do on the page. */
export function endingOf({ step, remaining, afterEnd }: StepPage): EndingModel | undefined {
  if (step.kind === 'denied' || step.kind === 'complete') return undefined;
  // What was pushed or signed counts once: only the app can begin it anew.
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

/** Browsers that remember a proof for this account. */

import { wouldWaive } from '../../core/decision/waiver-forecast.ts';
import type { RememberedProof, Seconds } from '../../core/model/facts.ts';
import { browserText } from '../../user-agent.ts';
import { forgetRememberedBrowser as forget, rememberedBrowsers } from '../browser/remembered-browser.ts';
import type { OpenAccount } from './open-account.ts';
import { recordChange } from './recorded-changes.ts';
import type { Place } from './sessions.ts';

export interface OwnDevice extends Place {
  /** Identifies the browser to its owner. It has no other use. */
  readonly id: string;
  readonly current: boolean;
  /** When the browser last gave a proof, and until when that is remembered (epoch seconds). */
  readonly at: Seconds;
  readonly until: Seconds;
  /** Keys of the authenticators that need no proof in this browser. */
  readonly waived: readonly string[];
}

/**
 * Remembered browsers for which at least one app would waive a proof from this network, most recently used first.
 * Rejects with `StoreUnavailable`, or if the configuration cannot be read.
 */
export async function devicesOf(context: OpenAccount): Promise<readonly OwnDevice[]> {
  const { account, visitor, services } = context;
  const isWaived = await waiverCheck(context);
  return rememberedBrowsers(account, { secret: visitor.browserSecret, now: services.now(), isWaived }).map(
    ({ id, current, at, until, ip, userAgent, authenticators: waived }) => {
      return { id, current, at, until, waived, ip, ...browserText(userAgent) };
    },
  );
}

/**
 * Asks the evaluator about a remembered proof for each app. The apps are read only if the user has any remembered
 * proof.
 */
async function waiverCheck({ account, snapshot, facts }: OpenAccount): Promise<(proof: RememberedProof) => boolean> {
  if (!account.credentials.some(({ remembered }) => remembered)) return () => false;
  const cases = await Promise.all(
    (await snapshot.equivalentApps()).map(async ({ app }) => {
      const request = { ...facts.request, clientId: app.clientId };
      return { policies: await snapshot.policies(app), facts: { ...facts, request } };
    }),
  );
  return (proof) => cases.some((signIn) => wouldWaive(signIn.policies, signIn.facts, proof));
}

/** The caller has checked the form and Law 7. */
export function forgetDevice(context: OpenAccount, { id }: OwnDevice): void {
  forget(context.unit, context.account, id);
  recordChange(context, 'device_forgotten');
}

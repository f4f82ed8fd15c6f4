/** What is known of users who are denied from the apps that were searched before. */
import type { AnalysedConfiguration } from '../../analysed/configuration.ts';
import type { AccountAdditions } from './account-additions.ts';
import { type KnownCircumstances, knownCircumstances } from './known-circumstances.ts';
import { type KnownLockOuts, knownLockOuts } from './known-lock-outs.ts';
import { type MayBeUsual, usualLockOuts } from './usual-lock-outs.ts';

export interface KnownOfApps {
  readonly mayBeUsual: MayBeUsual;
  readonly lockOuts: KnownLockOuts;
  readonly circumstancesOf: KnownCircumstances;
  readonly found: FoundCauses;
}

/** Causes by which some users of an app are locked out, and not all. By keys of `cause-key.ts`. */
interface FoundCauses {
  readonly causes: Set<string | undefined>;
  readonly firstRules: Set<string | undefined>;
  /** First rules by which a usual user is. */
  readonly usual: Set<string | undefined>;
}

/** Nothing yet. */
export function knownOfApps(
  additions: AccountAdditions,
  configuration: Pick<AnalysedConfiguration, 'universe'>,
): KnownOfApps {
  return {
    mayBeUsual: usualLockOuts(additions, configuration),
    lockOuts: knownLockOuts(additions, configuration),
    circumstancesOf: knownCircumstances(configuration),
    found: { causes: new Set(), firstRules: new Set(), usual: new Set() },
  };
}

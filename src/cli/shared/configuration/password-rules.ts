/** The active password policy, for passwords that administrators set. */

import type { Seconds } from '../../../core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../core/model/neutral-facts.ts';
import { termsForNewPassword } from '../../../core/policy/rules/password-terms.ts';
import { StepgateError } from '../../../errors.ts';
import { accountClientId } from '../../../policy/model/account-client-id.ts';
import type { AuthenticatorKind } from '../../../policy/model/authenticator-kind.ts';
import { withAccountApp } from '../../../policy/revision/account-app.ts';
import { Revisions } from '../../../policy/revision/revisions.ts';
import type { Snapshot } from '../../../policy/revision/snapshot.ts';
import type { Store } from '../../../stores/store.ts';
import type { PasswordRules } from '../../../users/ports/password-tools.ts';
import { printOnce } from '../output/print-once.ts';

export interface PasswordRulesOptions {
  readonly authenticators: readonly AuthenticatorKind[];
  /** Overrides the issuer of the settings. */
  readonly issuer?: string;
  now(): Seconds;
  /** Prints whole lines. */
  stderr(text: string): void;
}

/**
 * Evaluates the policy for the present user, without network and browser. Without a configuration the defaults apply,
 * since users may be created first. Rejects with `StoreUnavailable`. The returned function throws
 * `StepgateError('not_configured')` if no rule holds.
 */
export async function activePasswordRules(store: Store, options: PasswordRulesOptions): Promise<PasswordRules> {
  const snapshot = await activeSnapshot(store, options);
  const issuer = options.issuer ?? snapshot?.settings.issuer ?? 'http://localhost';
  const brand = snapshot?.settings.brand.name ?? 'Stepgate';
  const policies = snapshot === undefined ? {} : await policiesOf(snapshot, issuer);
  const password = options.authenticators.find(({ underPasswordPolicy }) => underPasswordPolicy)?.key ?? '';
  const settings = { ...snapshot?.settings.authenticators[password] };
  // An import may produce the same message for every record.
  const warn = printOnce((message) => options.stderr(`warning: ${message}\n`));
  return (subject, credentials) => {
    const facts = neutralFacts({ now: options.now(), request: neutralRequest(accountClientId), subject });
    const newPassword = termsForNewPassword(policies, facts);
    if (newPassword === undefined) throw new StepgateError('not_configured', 'no rule of the password policy holds');
    const enrolled = credentials.filter(({ authenticator }) => authenticator === password);
    return { brand, issuer, enrolled, settings, newPassword, warn };
  };
}

async function activeSnapshot(store: Store, { authenticators }: PasswordRulesOptions): Promise<Snapshot | undefined> {
  try {
    return await new Revisions(store, { authenticators }).current();
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return undefined;
    throw error;
  }
}

async function policiesOf(snapshot: Snapshot, issuer: string): Promise<Parameters<typeof termsForNewPassword>[0]> {
  const extended = withAccountApp(snapshot, issuer);
  const app = await extended.app(accountClientId);
  return app === undefined ? {} : extended.policies(app);
}

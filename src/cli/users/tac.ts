/** `stepgate users tac`: a temporary access code for a user who cannot sign in otherwise. */

import type { Command } from 'commander';
import { oneHour } from '../../core/model/durations.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { StepgateError } from '../../errors.ts';
import { accountChanged } from '../../flow/notify/account-notification.ts';
import { durationText } from '../../policy/model/duration-text.ts';
import type { AccessCodeBounds } from '../../users/ports/access-codes.ts';
import type { Account } from '../../users/record/user.ts';
import { newCommand } from '../commands.ts';
import { readActiveRevision } from '../shared/configuration/read-active-revision.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { withStore } from '../shared/store/with-store.ts';
import { parseDuration } from '../shared/values/durations.ts';
import { operatorOps } from './operator-audit.ts';
import { type LoadedUser, type UsersContext, withAccount } from './users-context.ts';

interface TacOptions extends ResultOptions {
  readonly length?: string;
  readonly lifetime?: string;
  readonly uses: string;
}

/** Letters and digits. */
const maxLength = 64;
/** Seconds. */
const minLifetime = 600;

/** Defaults, as far as the settings allow them. `lifetime`: seconds. */
const defaults = { length: 12, lifetime: oneHour };

/**
 * Invalid terms, and terms that the settings do not allow, are rejected with one sentence before anything is written.
 */
export function usersTacCommand(context: UsersContext): Command {
  return newCommand('users tac')
    .argument('<identifier>')
    .option('--length <characters>', 'letters and digits: 8 to 64 (default: 12)')
    .option('--lifetime <duration>', 'how long it is valid: PT10M to P10D (default: PT1H)')
    .option('--uses <times>', 'how often it can be used: 1 to 10', '1')
    .action(async (identifier: string, options: TacOptions) => {
      const terms = readTerms(options, await activeBounds(context));
      return withAccount(context, identifier, (open) => issue(context, open, { identifier, options, ...terms }));
    });
}

interface Terms {
  readonly length: number;
  readonly uses: number;
  readonly lifetime: Seconds;
}

function readTerms(options: TacOptions, { minLength, maxLifetime, maxUses }: AccessCodeBounds): Terms {
  const defaultLength = String(Math.max(defaults.length, minLength));
  const length = wholeNumber('--length', options.length ?? defaultLength, { min: minLength, max: maxLength });
  const uses = wholeNumber('--uses', options.uses, { min: 1, max: maxUses });
  const lifetime =
    options.lifetime === undefined ? Math.min(defaults.lifetime, maxLifetime) : parseDuration(options.lifetime);
  if (lifetime === undefined || lifetime < minLifetime || lifetime > maxLifetime)
    throw new Error(`--lifetime must be a duration from ${durationText(minLifetime)} to ${durationText(maxLifetime)}`);
  return { length, uses, lifetime };
}

async function activeBounds(context: UsersContext): Promise<AccessCodeBounds> {
  const { authenticators, accessCodes } = context;
  const settings = await withStore(context, async (store) => {
    try {
      return (await readActiveRevision(store, authenticators)).snapshot.settings.authenticators;
    } catch (error) {
      if (error instanceof StepgateError && error.code === 'not_configured') return {};
      throw error;
    }
  });
  const bounds = accessCodes.bounds(settings);
  if (bounds === undefined)
    throw new Error('temporary access codes are not enabled: a code could not be used; enable them in stepgate.yaml');
  return bounds;
}

async function issue(
  context: UsersContext,
  { directory, account: { user }, openNotifier }: LoadedUser,
  {
    identifier,
    options,
    length,
    uses,
    lifetime,
  }: Terms & {
    readonly identifier: string;
    readonly options: ResultOptions;
  },
): Promise<void> {
  const write = await openNotifier();
  const expiresAt = context.now() + lifetime;
  const { code, credential } = await context.accessCodes.issue({ length, uses, expiresAt });
  const { authenticator } = credential;
  const issued = operatorOps('authenticator.issued', user.id, { authenticator, length, lifetime, uses });
  const along = (before: Account) => [...issued, ...write(before, accountChanged('access_code'))];
  if (!(await directory.replaceCredential(user.id, credential, along)))
    throw new Error(`${identifier} was deleted meanwhile`);
  const until = new Date(expiresAt * 1000).toISOString();
  const times = uses === 1 ? 'once' : `${uses} times`;
  printResult(context, options, {
    text: `access code: ${code}\ncounts ${times}, until ${until}\n`,
    data: { id: user.id, code, uses, expiresAt },
  });
  context.stderr(
    `hand it over in person or on the phone; it works while ${authenticator} is enabled in stepgate.yaml\n`,
  );
}

function wholeNumber(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new Error(`${option} must be a whole number from ${min} to ${max}`);
  return value;
}

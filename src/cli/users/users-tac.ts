/** `stepgate users tac`: a temporary access code for somebody who cannot sign in otherwise. */

import { Command } from 'commander';
import type { Seconds } from '../../core/model/facts.ts';
import { StepgateError } from '../../errors.ts';
import { accountChanged } from '../../flow/notify/account-notification.ts';
import type { AccessCodeBounds, AccessCodes } from '../../users/access-codes.ts';
import type { Directory } from '../../users/directory.ts';
import type { Account } from '../../users/user.ts';
import { durationText, parseDuration } from '../shared/durations.ts';
import { revisionInUse } from '../shared/revision-in-use.ts';
import type { TacContext, WithAccount } from './context.ts';
import type { WriteNotification } from './notification-writer.ts';
import { operatorOps } from './operator-audit.ts';

interface TacOptions {
  readonly length?: string;
  readonly lifetime?: string;
  readonly uses: string;
}

/** Signs of the longest code; seconds of the shortest life. */
const maxLength = 64;
const minLifetime = 600;

/** Unless the command says otherwise, as far as the settings allow it. */
const usual = { length: 12, lifetime: 3600 };

/** Terms that cannot be meant, or that the settings do not allow, are rejected with a sentence, before anything is written. */
export function usersTacCommand(context: TacContext, withAccount: WithAccount): Command {
  return new Command('tac')
    .description('issue a temporary access code and print it once; an earlier one ends')
    .argument('<identifier>')
    .option('--length <signs>', 'how long it is: 8 to 64 (default: 12)')
    .option('--lifetime <duration>', 'how long it counts: PT10M to P10D (default: PT1H)')
    .option('--uses <times>', 'how often it counts: 1 to 10', '1')
    .action(async (identifier: string, options: TacOptions) => {
      const { minLength, maxLifetime, maxUses } = await boundsInUse(context);
      const length = wholeNumber(
        '--length',
        options.length ?? String(Math.max(usual.length, minLength)),
        minLength,
        maxLength,
      );
      const uses = wholeNumber('--uses', options.uses, 1, maxUses);
      const lifetime =
        options.lifetime === undefined ? Math.min(usual.lifetime, maxLifetime) : parseDuration(options.lifetime);
      if (lifetime === undefined || lifetime < minLifetime || lifetime > maxLifetime)
        throw new Error(
          `--lifetime must be a duration from ${durationText(minLifetime)} to ${durationText(maxLifetime)}`,
        );
      return withAccount(identifier, async (directory, account, news) => {
        const write = await news();
        const terms = { identifier, length, uses, lifetime, expiresAt: context.now() + lifetime };
        await issue(context, { directory, account, write }, terms);
      });
    });
}

async function boundsInUse({ openStore, authenticators, accessCodes }: TacContext): Promise<AccessCodeBounds> {
  const store = await openStore();
  try {
    return accessCodes.bounds((await revisionInUse(store, authenticators)).snapshot.settings.authenticators);
  } catch (error) {
    if (error instanceof StepgateError && error.code === 'not_configured') return accessCodes.bounds({});
    throw error;
  } finally {
    await store.close();
  }
}

async function issue(
  context: TacContext,
  {
    directory,
    account: { user },
    write,
  }: { readonly directory: Directory; readonly account: Account; readonly write: WriteNotification },
  terms: Parameters<AccessCodes['issue']>[0] & { readonly identifier: string; readonly lifetime: Seconds },
): Promise<void> {
  const { identifier, lifetime, ...rest } = terms;
  const { code, credential } = await context.accessCodes.issue(rest);
  const { authenticator } = credential;
  const { length, uses } = rest;
  const issued = operatorOps('authenticator.issued', user.id, { authenticator, length, lifetime, uses });
  const along = (before: Account) => [...issued, ...write(before, accountChanged('access_code'))];
  if (!(await directory.replaceCredential(user.id, credential, along)))
    throw new Error(`${identifier} was deleted meanwhile`);
  const until = new Date(rest.expiresAt * 1000).toISOString();
  const times = rest.uses === 1 ? 'once' : `${rest.uses} times`;
  context.stdout(`access code: ${code}\ncounts ${times}, until ${until}\n`);
  context.stderr(
    `hand it over in person or on the phone; it works while ${authenticator} is enabled in stepgate.yaml\n`,
  );
}

function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) throw new Error(`${option} must be a whole number from ${min} to ${max}`);
  return value;
}

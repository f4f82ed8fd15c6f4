/** The options of `explain` that set facts. There is one for each fact that a rule can test. */
import type { Command } from 'commander';
import { namesInList } from '../../policy/analysis/text/comma-list.ts';
import { operatingSystems, platforms } from '../../policy/model/platforms.ts';
import { collect } from '../shared/options/collect.ts';
import { refusal } from '../shared/options/refusal.ts';

/** As parsed by commander. */
export interface FactOptions {
  readonly userId?: string;
  readonly identifiers?: readonly string[];
  readonly groups?: readonly string[];
  readonly userType?: string;
  readonly attribute?: readonly string[];
  readonly enrolled?: readonly string[];
  readonly skipped?: readonly string[];
  readonly accountAge?: string;
  readonly lastSignIn?: string;
  readonly recovered?: string;
  readonly recoveredBy?: readonly string[];
  readonly risk?: readonly string[];
  readonly distance?: string;
  readonly ip?: string;
  readonly zone?: readonly string[];
  readonly scope?: string;
  readonly essentialClaims?: string;
  readonly acrValues?: string;
  readonly essentialAcr?: true;
  readonly maxAge?: string;
  readonly promptLogin?: true;
  readonly promptConsent?: true;
  readonly promptSelectAccount?: true;
  readonly claims?: string;
  readonly device?: string;
  readonly platform?: string;
  readonly os?: string;
  readonly deviceSignals?: readonly string[];
  readonly lastUsed?: readonly string[];
  readonly at?: string;
  readonly evidence?: readonly string[];
  readonly remembered?: readonly string[];
  readonly keepSignedIn?: true;
}

/** Adds the options to a command. */
export function withFactOptions(command: Command): Command {
  return withProofOptions(withBrowserOptions(withRequestOptions(withUserOptions(command))));
}

function withUserOptions(command: Command): Command {
  return command
    .option('--user-id <id>', 'id of the user instead of the real one')
    .option(
      '--identifiers <names>',
      'identifiers of the user instead of the real ones, separated by commas',
      commaSeparated,
    )
    .option(
      '--groups <names>',
      'groups of the user instead of the real ones, separated by commas; one with a comma is in double quotes, e.g. \'"Sales, EMEA",staff\'',
      commaSeparated,
    )
    .option('--user-type <name>', 'user type of the user instead of the real one')
    .option(
      '--attribute <pairs...>',
      'attributes of the user instead of the real ones, e.g. level=3; a list is given again for each member, or has them separated by `;`, and `sites=[]` is an empty one; a value in double quotes is one text',
      collect,
    )
    .option(
      '--enrolled <keys>',
      'authenticators of the user instead of the real ones, e.g. password,totp; webauthn[userPresence] is a key that shows nothing else, password@40d a password that was set 40 days ago, password[breached] one on that blocklist',
      commaSeparated,
    )
    .option(
      '--skipped <counts>',
      'enrollments that the user skipped instead of the real ones, and how often, e.g. totp=2',
      commaSeparated,
    )
    .option('--account-age <duration>', 'age of the account, e.g. 30d')
    .option('--last-sign-in <ago>', 'how long ago the user last signed in, e.g. 30d; or never (default: never)')
    .option('--recovered <ago>', 'how long ago the account was recovered, e.g. 3h')
    .option(
      '--recovered-by <names>',
      'what proved the recovery and is no second factor with the password, e.g. email or email#2; or none: the password was changed since (default: as for the real user, else every mailbox and number)',
      namesOrNone,
    );
}

/** Also from where, and what is unusual about it. */
function withRequestOptions(command: Command): Command {
  return command
    .option('--risk <signals>', 'what is unusual about the sign-in, e.g. newDevice,newCountry', commaSeparated)
    .option(
      '--distance <km>',
      'how far away the nearest usual place is; or nowhere: it is not known where the address is',
    )
    .option('--ip <address>', 'where the request comes from')
    .option('--zone <names>', 'zones that it comes from, besides those of the address', commaSeparated)
    .option('--scope <scopes>', 'scopes of the request (default: openid)')
    .option('--essential-claims <names>', 'claims that the request calls essential')
    .option('--acr-values <values>', 'acr_values of the request, best first')
    .option('--essential-acr', 'one of them must be reached')
    .option('--max-age <seconds>', 'max_age of the request')
    .option('--prompt-login', 'with prompt=login')
    .option('--prompt-consent', 'with prompt=consent')
    .option('--prompt-select-account', 'with prompt=select_account')
    .option('--claims <names>', 'claims that the request names');
}

function withBrowserOptions(command: Command): Command {
  return command
    .option('--device <state>', "known: signed in with before, at the account's strongest level; or new", 'new')
    .option('--platform <platform>', `${platforms.join(', ')} (default: that of the system, else desktop)`)
    .option('--os <system>', operatingSystems.join(', '), 'other')
    .option(
      '--device-signals <names>',
      'what is believed of the device: registered, managed, names of assurances',
      commaSeparated,
    )
    .option('--last-used <keys>', 'what the user proved last with this browser, e.g. totp', commaSeparated)
    .option('--at <time>', 'at another time, e.g. 2026-11-24T09:00:00Z');
}

/** What was proved before. */
function withProofOptions(command: Command): Command {
  return command
    .option(
      '--evidence <proofs...>',
      'what the session holds, e.g. password@12h,totp; password@3h/20m: there was a pause of 20 minutes since; +totp@3h: it was set up then (default: none)',
      collectLists,
    )
    .option('--remembered <proofs...>', 'what the browser remembers, e.g. totp@3d', collectLists)
    .option('--keep-signed-in', 'in a session that the user asked to keep');
}

function namesOrNone(text: string): readonly string[] {
  return text.trim() === 'none' ? [] : commaSeparated(text);
}

function commaSeparated(text: string): readonly string[] {
  const names = namesInList(text);
  if (names === undefined)
    throw refusal(`${text}: a name that begins with a double quote ends with one, like "Sales, EMEA",staff`);
  return names;
}

/** For repeatable options whose values are lists. */
function collectLists(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...commaSeparated(text)];
}

/** `stepgate users add`. */
import type { Command } from 'commander';
import type { NewCredential } from '../../authenticators/authenticator.ts';
import type { AttributeSchema } from '../../core/model/attribute.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import type { ProfileValue } from '../../core/profile/attribute-value.ts';
import { canonicalIdentifier, type IdentifierFault } from '../../identifier.ts';
import { newUser } from '../../users/directory/changes.ts';
import type { DirectoryResult } from '../../users/directory/directory-result.ts';
import { identifyingTexts } from '../../users/identifiers/identifier-kinds.ts';
import { readProfileValue, textFault } from '../../users/ports/profile-rules.ts';
import { issueCredential } from '../../users/record/credentials.ts';
import { type Profile, toSubject } from '../../users/record/user.ts';
import { takenValue, uniqueValues } from '../../users/reservations/attribute-reservations.ts';
import { newCommand } from '../commands.ts';
import { misspelledGroups } from '../shared/configuration/misspelled-groups.ts';
import { attributesFromPairs, undeclaredAttributes } from '../shared/options/attribute-pairs.ts';
import { collect, collectGroups } from '../shared/options/collect.ts';
import { printResult, type ResultOptions } from '../shared/output/print-result.ts';
import { operatorOps } from './operator-audit.ts';
import { type PasswordOptions, passwordLine, readPassword } from './read-password.ts';
import { type UsersContext, withDirectory } from './users-context.ts';

interface AddOptions extends PasswordOptions, ResultOptions {
  readonly name?: string;
  readonly email?: string;
  readonly emailVerified?: true;
  readonly phone?: string;
  readonly phoneVerified?: true;
  readonly attribute: readonly string[];
  readonly userType?: string;
  readonly group: readonly string[];
}

export function usersAddCommand(context: UsersContext): Command {
  return newCommand('users add')
    .argument('<identifier>', 'what the user signs in with: a name or an email address')
    .option('--name <text>', 'name to display')
    .option('--email <address>', 'where mail goes, also to sign in with')
    .option('--email-verified', "the address is known to be the user's: codes can be sent there")
    .option('--phone <number>', 'phone number with country code, such as +4930123456')
    .option('--phone-verified', "the number is known to be the user's: codes can be sent there")
    .option(
      '--attribute <name=value>',
      'attribute of the profile, can be repeated; a list is given again for each member, or has them separated by `;`, and `sites=[]` is an empty one; a value in double quotes is one text',
      collect,
      [],
    )
    .option('--user-type <text>', 'type that policies can ask for')
    .option('--group <name>', 'group, can be repeated', collectGroups, [])
    .option('--password-stdin', 'read the password from standard input')
    .option('--password-generate', 'generate a password and print it once')
    .action((identifier: string, options: AddOptions) => addUser(context, identifier, options));
}

async function addUser(context: UsersContext, identifier: string, options: AddOptions): Promise<void> {
  await withDirectory(context, async ({ directory, attributeSchema, passwordRules, knownGroups }) => {
    const schema = await attributeSchema();
    const profile = profileFromOptions(options, schema);
    for (const text of [...options.group, options.userType ?? 'none']) failOn('group or type', textFault(text));
    const identifiers = [
      identifier,
      ...(options.email === undefined ? [] : [options.email]),
      ...identifyingTexts(schema, profile),
    ];
    const unique = uniqueValues(schema, profile);
    const { entries, now } = await directory.reservations(unique.map(({ key }) => key));
    const taken = takenValue(entries, unique, { user: undefined, now });
    if (taken !== undefined) throw new Error(`${taken.attribute}: another user has this value`);
    const proven = [readMailbox(context, options), readPhoneNumber(context, options)];
    const about = { identifiers, profile, groups: options.group, ...omitUndefined({ userType: options.userType }) };
    const credentials = proven.flatMap((credential) =>
      credential === undefined ? [] : [issueCredential(credential, now)],
    );
    const subject = toSubject(newUser(about, identifiers, now), credentials, now);
    const password = await readPassword(context, options, { subject, credentials: [], passwordRules });
    const credentialsOfInput = [password?.credential, ...proven].filter((credential) => credential !== undefined);
    const input = { ...about, schema, credentials: credentialsOfInput };
    context.stderr(undeclaredAttributes(options.attribute, schema));
    context.stderr(misspelledGroups(options.group, await knownGroups()));
    const outcome = await directory.create(input, ({ id: newId }) => operatorOps('user.added', newId));
    if (!outcome.ok) throw new Error(refusedUserText(outcome));
    const { id, identifiers: all } = outcome.user;
    const generated = password?.generated;
    printResult(context, options, {
      text: `added ${all.join(', ')} as ${id}\n${passwordLine(generated)}`,
      data: { id, identifiers: all, ...omitUndefined({ password: generated }) },
    });
    if (!password && proven.every((credential) => credential === undefined))
      context.stderr('without a password: this user cannot sign in yet\n');
  });
}

function profileFromOptions(options: AddOptions, schema: AttributeSchema): Profile {
  const { name, email, emailVerified, phone, phoneVerified } = options;
  const given: Readonly<Record<string, unknown>> = {
    ...givenAttributes(options.attribute, schema),
    ...omitUndefined({ displayName: name, email, emailVerified, phone, phoneVerified }),
  };
  const profile: Record<string, ProfileValue> = {};
  for (const [attribute, value] of Object.entries(given)) {
    const read = readProfileValue(schema, attribute, value);
    if (!read.ok) throw new Error(`${attribute}: ${read.reason}`);
    profile[attribute] = attribute === 'email' ? parseIdentifier(String(read.value)) : read.value;
  }
  return profile;
}

/** Addresses and numbers, and whether they are verified, have their own options. */
const withOption = ['email', 'emailVerified', 'phone', 'phoneVerified'] as const;

function givenAttributes(pairs: readonly string[], schema: AttributeSchema): Readonly<Record<string, unknown>> {
  const given = attributesFromPairs(pairs, schema);
  for (const name of withOption) if (given.has(name)) throw new Error(`--attribute: ${name} has an option of its own`);
  return Object.fromEntries(given);
}

/** An address is stored in the form used for comparisons. */
function parseIdentifier(address: string): string {
  const result = canonicalIdentifier(address);
  if (!result.ok) throw new Error(identifierText({ identifier: address, fault: result.fault }));
  return result.value;
}

function failOn(what: string, fault: string | undefined): void {
  if (fault !== undefined) throw new Error(`${what}: ${fault}`);
}

function refusedUserText(problem: Exclude<DirectoryResult, { ok: true }>): string {
  return problem.code === 'value_taken' ? `${problem.attribute}: another user has this value` : identifierText(problem);
}

/** Why the identifier is refused. `fault` is absent if another user has it. */
function identifierText({
  identifier,
  fault,
}: {
  readonly identifier: string;
  readonly fault?: IdentifierFault;
}): string {
  const quoted = JSON.stringify(identifier);
  if (fault === undefined) return `${quoted} is there already`;
  return `${quoted} cannot be an identifier: ${fault.replaceAll('_', ' ')}`;
}

/** The credential for a verified address, to which codes can be sent. */
function readMailbox(context: UsersContext, { email, emailVerified }: AddOptions): NewCredential | undefined {
  if (!emailVerified) return undefined;
  if (email === undefined) throw new Error('--email-verified says something about --email: give both');
  const credential = context.addressCredential(email.trim());
  if (credential === undefined) throw new Error(`mail cannot be sent to ${JSON.stringify(email)}`);
  return credential;
}

/** The credential for a verified number, to which codes can be sent. */
function readPhoneNumber(context: UsersContext, { phone, phoneVerified }: AddOptions): NewCredential | undefined {
  if (!phoneVerified) return undefined;
  if (phone === undefined) throw new Error('--phone-verified says something about --phone: give both');
  const credential = context.numberCredential(phone.trim());
  if (credential === undefined) throw new Error(`no code can be sent to ${JSON.stringify(phone)}`);
  return credential;
}

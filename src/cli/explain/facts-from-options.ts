/** Converts the options of `explain` to the facts of a decision. Invalid values are refused with one sentence. */

import type { Attribute } from '../../core/model/attribute.ts';
import { composedName, composedNames } from '../../core/model/composed-name.ts';
import type { AttributeValue } from '../../core/model/conditions.ts';
import type { AuthenticatorDescriptor, Facts, Seconds, Subject } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { userId } from '../../core/policy/conditions/users.ts';
import { dateSpan } from '../../core/policy/values/date-bound.ts';
import { type ProfileValue, readAttribute } from '../../core/profile/attribute-value.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import type { App } from '../../policy/model/app.ts';
import { canonicalAddress } from '../../policy/model/canonical-address.ts';
import { enabledAuthenticators } from '../../policy/revision/enabled-authenticators.ts';
import type { Snapshot } from '../../policy/revision/snapshot.ts';
import { unknownName } from '../../policy/source/nearest-name.ts';
import { attributesFromPairs } from '../shared/options/attribute-pairs.ts';
import { knownName, refusal } from '../shared/options/refusal.ts';
import { parseDuration } from '../shared/values/durations.ts';
import { browserFromOptions, signalsFromOptions } from './device-from-options.ts';
import type { FactOptions } from './fact-options.ts';
import {
  assumedEnrollments,
  evidenceOf,
  ownEnrollment,
  rememberedProofsOf,
  required,
  skippedFrom,
} from './proofs-from-options.ts';
import { recoveryFrom } from './recovery-from-options.ts';
import { requestFromOptions } from './request-from-options.ts';
import { unusualFromOptions } from './unusual-from-options.ts';

interface FactsContext {
  readonly snapshot: Snapshot;
  readonly app: App;
  /** The user of `--user`. */
  readonly user?: Subject;
  readonly authenticators: readonly AuthenticatorDescriptor[];
  /** Epoch seconds. */
  readonly now: Seconds;
}

/** Throws `StepgateError('bad_request')` with one sentence for the administrator. */
export function factsFromOptions(options: FactOptions, known: FactsContext): Facts {
  const now = options.at === undefined ? known.now : parseTime(options.at);
  const subject = subjectFromOptions(options, { ...known, now });
  const past = lastSignInFromOptions(options, now);
  if (past.lastSignIn !== undefined && subject?.createdAt !== undefined && past.lastSignIn < subject.createdAt)
    throw refusal('the last sign-in is longer ago than the account is old: no user signed in before that');
  const isYoung = subject?.createdAt !== undefined && now - subject.createdAt < known.snapshot.settings.risk.away;
  if (isYoung && options.risk?.includes('longAway'))
    throw refusal('the account is younger than longAway: no user was away that long from it');
  const provers = { subject, now, descriptors: descriptorsOf(known) };
  const remembered = rememberedProofsOf(options.remembered ?? [], provers);
  const device: Facts['device'] = {
    known: remembered.length > 0 || knownName('device', options.device ?? 'new', ['known', 'new'] as const) === 'known',
    ...browserFromOptions(options),
    ...signalsFromOptions(options, known.snapshot),
    ...(options.lastUsed && { lastUsed: options.lastUsed.map((key) => ownEnrollment(key, required(subject)).id) }),
    ...(remembered.length > 0 && { remembered }),
  };
  return {
    now,
    request: requestFromOptions(options, known),
    network: networkFromOptions(options, known.snapshot),
    device,
    ...(options.keepSignedIn && { keepSignedIn: true }),
    ...past,
    ...unusualFromOptions(options, device, known.snapshot),
    ...(subject && { subject }),
    evidence: evidenceOf(options.evidence ?? [], provers),
  };
}

/** With an offset, so that the time zone is clear. */
const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

function parseTime(text: string): Seconds {
  // JavaScript takes 30 February as 2 March.
  const time = timeForm.test(text) && dateSpan(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw refusal(`--at takes a time such as 2026-11-24T09:00:00Z, not ${text}`);
  return Math.floor(time / 1000);
}

function networkFromOptions(
  { ip: written = '', zone }: FactOptions,
  { settings, zonesOf }: Snapshot,
): Facts['network'] {
  const ip = written === '' ? '' : canonicalAddress(written);
  if (ip === undefined) throw refusal(`--ip takes an IP address, not ${written}`);
  for (const name of zone ?? []) knownName('zone', name, Object.keys(settings.zones));
  // Without an address nothing is looked up, whatever network files this machine has.
  const { zones, unknownZones = [] } = ip === '' ? { zones: [] } : zonesOf(ip);
  const unknown = unknownZones.filter((name) => !zone?.includes(name));
  return { ip, zones: [...new Set([...zones, ...(zone ?? [])])], ...(unknown.length > 0 && { unknownZones: unknown }) };
}

/** The id of a user about whom only the options tell, unless one of them is the id. */
export const assumedId = 'assumed';

/** The user of `--user`, overridden by other options. Without `--user`, a user about whom nothing else is known. */
function subjectFromOptions(
  options: FactOptions,
  { user, authenticators: all, snapshot, now }: FactsContext,
): Subject | undefined {
  const authenticators = descriptorsOf({ authenticators: all, snapshot });
  const { userId: id, identifiers, groups, userType, attribute, enrolled, skipped, accountAge } = options;
  const { recovered, recoveredBy } = options;
  if ([user, id, identifiers, groups, userType, attribute].every((given) => given === undefined)) {
    if (enrolled !== undefined) throw refusal('--enrolled needs a user: give --user or --groups');
    if (skipped !== undefined) throw refusal('--skipped needs a user: give --user or --groups');
    if (recovered !== undefined) throw refusal('--recovered needs a user: give --user or --groups');
    if (recoveredBy !== undefined) throw refusal('--recovered-by needs a user: give --user or --groups');
    if (accountAge !== undefined) throw refusal('--account-age needs a user: give --user or --groups');
    return undefined;
  }
  const base: Subject = user ?? {
    id: assumedId,
    status: 'active',
    identifiers: [],
    groups: [],
    profile: {},
    enrollments: [],
  };
  const keys = enrolled ?? (user === undefined ? assumedKeys(authenticators) : undefined);
  const subject: Subject = {
    ...base,
    ...(id !== undefined && { id: idFrom(id) }),
    ...(identifiers && { identifiers: identifiers.map(identifierFrom) }),
    ...(groups && { groups: composedNames(groups) }),
    ...(userType !== undefined && { userType: composedName(userType) }),
    ...(attribute && { profile: { ...base.profile, ...attributesFrom(attribute, snapshot) } }),
    ...(skipped && { skipped: skippedFrom(skipped, { at: now, authenticators }) }),
    ...(accountAge !== undefined && { createdAt: now - ageOf('--account-age', accountAge) }),
    ...(keys && { enrollments: assumedEnrollments(keys, { authenticators, now, real: base.enrollments }) }),
  };
  const at = recovered === undefined ? undefined : now - ageOf('--recovered', recovered);
  const recovery = recoveryFrom(options, { subject, authenticators, ...omitUndefined({ at }) });
  return { ...subject, ...omitUndefined({ recovery }) };
}

/** Settings may change a descriptor. A user may still have a disabled authenticator. */
function descriptorsOf({
  authenticators,
  snapshot,
}: Pick<FactsContext, 'authenticators' | 'snapshot'>): readonly AuthenticatorDescriptor[] {
  const enabled = enabledAuthenticators(authenticators, snapshot.settings);
  return authenticators.map((descriptor) => enabled.find(({ key }) => key === descriptor.key) ?? descriptor);
}

/** Without a last sign-in, the user has never signed in. */
function lastSignInFromOptions({ lastSignIn = 'never' }: FactOptions, now: Seconds): { readonly lastSignIn?: Seconds } {
  if (lastSignIn === 'never') return {};
  const age = parseDuration(lastSignIn);
  if (age === undefined)
    throw refusal(`--last-sign-in takes how long ago, like 90s, 12h, 3d or PT12H, or never; not ${lastSignIn}`);
  return { lastSignIn: now - age };
}

function ageOf(option: string, ago: string): Seconds {
  const age = parseDuration(ago);
  if (age === undefined) throw refusal(`${option} takes how long ago, like 90s, 10m, 12h, 3d or PT12H, not ${ago}`);
  return age;
}

function attributesFrom(
  pairs: readonly string[],
  { settings: { attributes: schema } }: Snapshot,
): Readonly<Record<string, ProfileValue>> {
  const given = attributesFromPairs(pairs, schema);
  return Object.fromEntries(
    [...given].map(([name, value]) => {
      const described = Object.hasOwn(schema.attributes, name) ? schema.attributes[name] : undefined;
      return [name, described && !isList(value) ? storedValue(name, value, described) : composedValue(value)];
    }),
  );
}

/** Texts as a profile has those that no schema describes. */
function composedValue(value: AttributeValue | readonly string[]): ProfileValue {
  if (isList(value)) return value.map(composedName);
  return typeof value === 'string' ? composedName(value) : value;
}

function isList(value: AttributeValue | readonly string[]): value is readonly string[] {
  return Array.isArray(value);
}

/**
 * As a profile has it. Texts of another length or form are accepted, since an account may be older than the schema.
 * Throws a refusal for others that do not fit.
 */
function storedValue(name: string, value: AttributeValue, attribute: Attribute): ProfileValue {
  const { type, options, min, max } = attribute;
  const read = readAttribute(attribute, value);
  if (read.ok) return read.value;
  if (options && !options.some((option) => option.value === value))
    throw refusal(
      unknownName(
        `value of \`${name}\``,
        String(value),
        options.map((option) => option.value),
      ),
    );
  if (type !== 'number' && type !== 'boolean' && type !== 'date') return value;
  const limit =
    read.fault === 'too_small' ? ` of at least ${min}` : read.fault === 'too_large' ? ` of at most ${max}` : '';
  throw refusal(`\`${name}\` is a ${type}${limit}, and ${String(value)} is none`);
}

/** The authenticators of a user about whom nothing else is known: those that the identifier page may ask for. */
function assumedKeys(authenticators: readonly AuthenticatorDescriptor[]): readonly string[] {
  return authenticators.filter(({ askedWithIdentifier }) => askedWithIdentifier).map(({ key }) => key);
}

function idFrom(written: string): string {
  if (!userId.test(written)) throw refusal(`--user-id: no user can have the id \`${written}\``);
  return written;
}

/** In the form that users have, however it is written. `users` names ids as well, so examples have them here. */
function identifierFrom(written: string): string {
  if (userId.test(written)) return written;
  const identifier = canonicalIdentifier(written);
  if (!identifier.ok) throw refusal(`--identifiers: no user can have the identifier \`${written}\``);
  return identifier.value;
}

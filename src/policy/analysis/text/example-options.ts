/** An example of the analysis as options of `explain`, which then shows what the evaluator says about it. */

import { userId } from '../../../core/policy/conditions/users.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';
import { plainTime } from '../../../core/policy/theories/theory.ts';
import { attributePairs } from './attribute-text.ts';
import { commaList } from './comma-list.ts';

/**
 * `enrolled`: keys of the authenticators that the user has; absent: it makes no difference.
 */
export function exampleOptions(facts: UserFacts, enrolled?: readonly string[]): readonly string[] {
  const { request, subject, network, device, now, isTimed } = facts;
  const { scopes, essentialClaims = [], clientId } = request;
  return [
    ...['--app', clientId],
    ...(userId.test(subject.id) ? ['--user-id', subject.id] : []),
    ...(subject.identifiers.length === 0 ? [] : ['--identifiers', commaList(subject.identifiers)]),
    ...['--groups', commaList(subject.groups)],
    ...(subject.userType === undefined ? [] : ['--user-type', subject.userType]),
    ...attributeOptions(subject.profile),
    ...(enrolled ? ['--enrolled', enrolled.join(',')] : []),
    ...skippedOptions(subject.skipped),
    ...(subject.createdAt === undefined ? [] : ['--account-age', `${now - subject.createdAt}s`]),
    ...recoveryOptions(facts, enrolled),
    ...pastOptions(facts),
    ...(network.ip === '' ? [] : ['--ip', network.ip]),
    // An address alone does not say which country the files put it into.
    ...(network.zones.length > 0 ? ['--zone', network.zones.join(',')] : []),
    ...(new Set(scopes).size > 1 ? ['--scope', [...new Set(scopes)].join(' ')] : []),
    ...(essentialClaims.length > 0 ? ['--essential-claims', essentialClaims.join(' ')] : []),
    ...(device.known ? ['--device', 'known'] : []),
    ...['--platform', device.platform, '--os', device.os],
    ...signalOptions(device),
    ...(now === plainTime && !isTimed ? [] : ['--at', new Date(now * 1000).toISOString()]),
  ];
}

/** Where the account has nothing beside the password, it makes no difference what recovered it. */
function recoveryOptions({ subject, now }: UserFacts, enrolled: readonly string[] = []): readonly string[] {
  const { recovery, enrollments } = subject;
  if (recovery === undefined) return [];
  const named = enrollments.flatMap(({ id, authenticator }, index) => {
    if (!recovery.by.includes(id)) return [];
    const before = enrollments.slice(0, index).filter((other) => other.authenticator === authenticator);
    return [`${authenticator}#${before.length + 1}`];
  });
  const by = enrolled.length > 1 ? ['--recovered-by', named.join(',') || 'none'] : [];
  return ['--recovered', `${now - recovery.at}s`, ...by];
}

/** The skips that grace allows. */
function skippedOptions(skipped: UserFacts['subject']['skipped'] = {}): readonly string[] {
  const counts = Object.entries(skipped).flatMap(([key, { grace }]) => (grace ? [`${key}=${grace.count}`] : []));
  return counts.length > 0 ? ['--skipped', counts.join(',')] : [];
}

/** What is unusual counts after the first proof, in `explain`, too. */
function pastOptions({ risk, distance, lastSignIn, now }: UserFacts): readonly string[] {
  const reasons = risk?.reasons ?? [];
  return [
    ...(typeof lastSignIn === 'number' ? ['--last-sign-in', `${now - lastSignIn}s`] : []),
    ...(reasons.length > 0 ? ['--risk', reasons.map(({ signal }) => signal).join(',')] : []),
    ...(distance === undefined ? [] : ['--distance', String(distance)]),
  ];
}

/** What a trusted source says of the device. A managed one is registered. */
function signalOptions({ registered, managed, assurances = [] }: UserFacts['device']): readonly string[] {
  const standing = managed ? ['managed'] : registered ? ['registered'] : [];
  const names = [...standing, ...assurances];
  return names.length > 0 ? ['--device-signals', names.join(',')] : [];
}

function attributeOptions(profile: UserFacts['subject']['profile']): readonly string[] {
  const pairs = Object.entries(profile).flatMap(([name, value]) => attributePairs(name, value));
  return pairs.length > 0 ? ['--attribute', ...pairs] : [];
}

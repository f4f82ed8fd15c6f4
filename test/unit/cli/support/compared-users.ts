/** Users and circumstances of the sign-ins that `config diff` compares. */

import { countUsers } from '../../../../src/cli/config/diff/count-users.ts';
import type { Circumstance } from '../../../../src/cli/config/diff/sign-ins/circumstances.ts';
import type { CircumstanceOfUser } from '../../../../src/cli/config/diff/sign-ins/deciding-rules.ts';
import { classKey, projectionOf, type UserClass } from '../../../../src/cli/config/diff/sign-ins/user-classes.ts';
import type { Facts, Seconds, Subject } from '../../../../src/core/model/facts.ts';
import { neutralFacts, neutralRequest } from '../../../../src/core/model/neutral-facts.ts';
import { openTerminal, type Terminal } from './harness.ts';

export interface StoredUser {
  readonly terminal: Terminal;
  readonly subject: Subject;
}

/** A user in a store of its own, so that what is counted is about this user. */
export async function storedAlone(
  user: Parameters<Terminal['directory']['create']>[0],
  { created, now }: { readonly created: Seconds; readonly now: Seconds },
): Promise<StoredUser> {
  let clock = created;
  const terminal = openTerminal(() => clock);
  await terminal.directory.create(user);
  clock = now;
  const { classes } = await countUsers(terminal.store, { projection: projectionOf([]), now, checked: new Map() });
  const [only] = classes;
  if (only === undefined) throw new Error('no user');
  return { terminal, subject: only.subject };
}

/** A class of one user. No condition asks about other things than groups. */
export function classOfOne(subject: Subject, rest = ''): UserClass {
  const told = { groups: subject.groups, results: [], rest };
  return { subject, users: 1, consents: new Map(), ...told, key: classKey(told) };
}

/** A class of one user who is in these groups and has nothing. */
export function memberOf(groups: readonly string[], rest = ''): UserClass {
  const id = groups.join() || 'u';
  return classOfOne({ id, status: 'active', identifiers: [], groups, profile: {}, enrollments: [] }, rest);
}

export function circumstanceIn(...zones: readonly string[]): Circumstance {
  const network = { ip: '192.0.2.1', zones };
  const labels = { label: zones.join(), activeLabel: zones.join() };
  return {
    place: { ...labels, zones, activeZones: zones, active: network, next: network },
    device: { known: false, platform: 'desktop', os: 'other' },
    believed: { active: {}, next: {} },
    now: 1_800_000_000,
    scopes: ['openid'],
  };
}

export function factsThere({ user, circumstance: { place, device, now, scopes } }: CircumstanceOfUser): Facts {
  return neutralFacts({
    now,
    request: neutralRequest('app', scopes),
    network: place.next,
    device,
    subject: user.subject,
  });
}

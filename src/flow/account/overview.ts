/** What users see of their own account, as data. */

import { withAccountPolicy } from '../../core/decision/account-policy.ts';
import { isFull } from '../../core/enrollment/enrollment-limit.ts';
import type { Seconds } from '../../core/model/facts.ts';
import { omitUndefined } from '../../core/model/omit-undefined.ts';
import { enrollmentRuling, usablePolicies } from '../../core/policy/rules/enrollment-terms.ts';
import { accountClientId } from '../../policy/model/account-client-id.ts';
import { browserText } from '../../user-agent.ts';
import { readSignIns } from '../../users/history/sign-in-log.ts';
import { type NotificationAddress, notificationAddresses } from '../../users/identifiers/notification-addresses.ts';
import { addressName, askedAddress, isBelowAddressLimit } from './addresses.ts';
import { devicesOf, type OwnDevice } from './devices.ts';
import type { OpenAccount } from './open-account.ts';
import { appName, describe, type OwnSession, type Place, sessionsOf } from './sessions.ts';

export interface OwnAuthenticator {
  readonly id: string;
  readonly authenticator: string;
  readonly label?: string;
  /** The masked address of its messages. Absent if it sends none or its label already says so. */
  readonly address?: string;
  /** Epoch seconds. */
  readonly createdAt: Seconds;
  /** How many uses remain. Absent if there is no limit. */
  readonly remaining?: number;
}

export interface OwnSignIn extends Place {
  /** Epoch seconds. */
  readonly at: Seconds;
  /** Absent for the account pages themselves. */
  readonly app?: string;
  /** Keys of authenticators. */
  readonly proved: readonly string[];
}

export interface Overview {
  readonly identifier: string;
  readonly authenticators: readonly OwnAuthenticator[];
  /** Keys of the authenticators that can be added. */
  readonly addable: readonly string[];
  /** Keys of authenticators that have reached their limit of enrollments. */
  readonly full: readonly string[];
  /** Those of `addable` whose new enrollment would replace the existing one. */
  readonly replaced: readonly string[];
  readonly sessions: readonly OwnSession[];
  readonly devices: readonly OwnDevice[];
  readonly signIns: readonly OwnSignIn[];
  readonly addresses: readonly OwnAddress[];
  /** Whether mail can be sent. Without mail there are no notifications. */
  readonly mailed: boolean;
  /** Whether another address may be added. */
  readonly canAddAddress: boolean;
  /** The address that waits for its code. */
  readonly askedAddress?: string;
}

export interface OwnAddress extends NotificationAddress {
  /** Identifies the address in page URLs. Absent if it is managed elsewhere. */
  readonly name?: string;
}

/** Sign-ins on the page. */
const shown = 10;

/** Rejects with `StoreUnavailable`. */
export async function overviewOf(context: OpenAccount): Promise<Overview> {
  const { account, services } = context;
  const { user, credentials } = account;
  const signIns = (await readSignIns(services.store, user.id)).filter(({ proved }) => proved.length > 0);
  const asked = askedAddress(context);
  const enrollable = enrollableBy(context);
  const full = enrollable.filter((key) => isFullOf(context, key));
  const addable = enrollable.filter((key) => !full.includes(key));
  return {
    identifier: user.identifiers[0] ?? user.id,
    // A newer release may have written a kind of credential that this one does not know.
    authenticators: credentials.flatMap((credential) => {
      const authenticator = services.authenticators.get(credential.authenticator);
      if (authenticator === undefined) return [];
      const remaining = authenticator.remainingUses?.(credential);
      return { ...ownAuthenticator(context, credential), ...omitUndefined({ remaining }) };
    }),
    addable,
    full,
    replaced: addable.filter(
      (key) =>
        services.authenticators.get(key)?.descriptor.maxEnrollments &&
        credentials.some((credential) => credential.authenticator === key),
    ),
    devices: await devicesOf(context),
    sessions: await Promise.all((await sessionsOf(context)).map((session) => describe(session, context))),
    signIns: await Promise.all(
      signIns.slice(0, shown).map(async ({ at, client, proved, ip, userAgent }) => {
        const app = client === accountClientId ? {} : { app: await appName(client, context) };
        return { at, ...app, proved, ip, ...browserText(userAgent) };
      }),
    ),
    addresses: ownAddresses(context),
    mailed: services.canMail(),
    canAddAddress: isBelowAddressLimit(context),
    ...(asked === undefined ? {} : { askedAddress: asked.address }),
  };
}

/** Keys of the authenticators that the rules let this user enroll, even if their limit is reached. */
export function enrollableBy({ policies, facts }: OpenAccount): readonly string[] {
  const { policies: allowed } = withAccountPolicy(policies, facts);
  const { authenticators } = usablePolicies(allowed, enrollmentRuling(policies, facts).terms);
  return authenticators.filter(({ enrollable }) => enrollable).map(({ key }) => key);
}

/** The user has as many enrollments of this authenticator as allowed. */
export function isFullOf({ facts }: OpenAccount, key: string): boolean {
  return facts.subject !== undefined && isFull(key, facts.subject);
}

function ownAddresses(context: OpenAccount): readonly OwnAddress[] {
  return notificationAddresses(context.account).map((address) =>
    address.source === 'added' ? { ...address, name: addressName(context, address.address) } : address,
  );
}

type OwnCredential = OpenAccount['account']['credentials'][number];

export function ownAuthenticator({ services }: OpenAccount, credential: OwnCredential): OwnAuthenticator {
  const { id, authenticator, label, createdAt } = credential;
  const address = services.authenticators.get(authenticator)?.maskedAddress?.(credential);
  return {
    id,
    authenticator,
    createdAt,
    ...omitUndefined({ label }),
    ...(address === undefined || address === label ? {} : { address }),
  };
}

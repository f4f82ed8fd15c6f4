/** `authenticators.email` of `stepgate.yaml`: how much mail is sent. */
import { z } from 'zod';
import type { AuthenticatorConfiguration } from '../../policy/model/authenticator-kind.ts';
import { closed } from '../../policy/schema/fields.ts';
import type { AuthenticatorEnv, Quota } from '../authenticator.ts';
import { networkQuota, perHour } from '../shared/sending-quotas.ts';

const limits = closed({
  address: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10)
    .describe(
      'Messages to one address. Default 10; as many again for browsers with which its owner has signed in before.',
    ),
  network: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe(
      'Messages for one network (IPv4 address, IPv6 /64); a company behind one address may need more. Default 100.',
    ),
});

export const emailConfiguration: AuthenticatorConfiguration = {
  settings: closed({
    enabled: z.boolean().default(false).describe('Can be enrolled, used, and counts.'),
    limits: limits
      .prefault({})
      .describe('How much is sent in an hour, over all accounts. What is beyond is not sent, and is in the audit log.'),
  })
    .prefault({})
    .describe('A code and a link by mail.'),
  channels: () => ['email'],
  weakness: 'NIST SP 800-63B-4 section 3.1.3.1 takes no email for one',
};

const standard = { address: 10, network: 100 };

/** Somebody who does not exist is counted by network too; in place of an address stands the name that was typed. */
export function mailQuotas(address: string | undefined, env: AuthenticatorEnv): readonly Quota[] {
  const given = (env.settings as { readonly limits?: typeof standard } | undefined)?.limits;
  const { address: toOne, network } = given ?? standard;
  const recipient = address?.toLowerCase() ?? `nobody ${env.subject ?? env.identifier ?? ''}`;
  return [
    networkQuota(env.visitor.ip, network),
    { ...perHour('recipient', `email\n${recipient}`, toOne), personal: true },
  ];
}

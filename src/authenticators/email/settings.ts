/** `authenticators.email` of `stepgate.yaml`: limits for sending mail. */
import { z } from 'zod';
import type { AuthenticatorConfiguration } from '../../policy/model/authenticator-kind.ts';
import { closed, listOf } from '../../policy/schema/fields/fields.ts';
import type { AuthenticatorContext, Quota } from '../authenticator.ts';
import { enabledSetting } from '../shared/limits.ts';
import { networkQuota, perHour } from '../shared/sending-quotas.ts';

const limits = closed({
  address: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(10)
    .describe(
      'Messages to one address. Default 10; as many again for browsers with which the user has signed in before.',
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
    enabled: enabledSetting(false),
    methods: listOf(z.enum(['code', 'link']))
      .default(['code', 'link'])
      .describe('What a sign-in mail contains: a code to enter, a link to open in the same browser, or both.'),
    limits: limits
      .prefault({})
      .describe(
        'How many messages are sent in an hour, over all accounts. Further ones are not sent, and the audit log records them.',
      ),
  })
    .prefault({})
    .describe('A code and a link by mail.'),
  channels: () => ['email'],
  weakness: 'NIST SP 800-63B-4 section 3.1.3.1 does not accept email as one',
};

const defaultLimits = { address: 10, network: 100 };

/** Decoys are counted by network as well. For them the entered identifier replaces the address. */
export function mailQuotas(address: string | undefined, context: AuthenticatorContext): readonly Quota[] {
  const given = (context.settings as { readonly limits?: typeof defaultLimits } | undefined)?.limits;
  const { address: toOne, network } = given ?? defaultLimits;
  const recipient = address?.toLowerCase() ?? `decoy ${context.subjectId ?? context.identifier ?? ''}`;
  return [
    networkQuota(context.visitor.ip, network),
    { ...perHour('recipient', `email\n${recipient}`, toOne), separateForUsedBrowsers: true },
  ];
}

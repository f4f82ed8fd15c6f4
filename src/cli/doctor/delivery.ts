/** Checks delivery: whether the enabled authenticators have the channels and secrets for their messages. */
import { sectionOf } from '../../policy/check/warnings.ts';
import type { AuthenticatorKind, DeliveryChannel } from '../../policy/model/authenticator-kind.ts';
import type { Settings } from '../../policy/model/settings.ts';
import type { Variables } from '../../policy/source/substitute-variables.ts';
import { type CheckResult, ok, warn } from './finding.ts';

/** What each channel sends, and the pronoun for it. */
const messages: Readonly<Record<DeliveryChannel, readonly [string, string]>> = {
  email: ['mail', 'it'],
  sms: ['text messages', 'them'],
  voice: ['calls', 'them'],
};

/** Empty if no enabled authenticator sends messages. */
export function checkDelivery(
  settings: Settings,
  authenticators: readonly AuthenticatorKind[],
  variables: Variables,
): readonly CheckResult[] {
  return sentBy(settings, authenticators).map(([channel, key]) => {
    const section = sectionOf[channel];
    const [sent, it] = messages[channel];
    if (settings[section] === undefined)
      return warn(
        'delivery',
        `\`${key}\` is enabled and sends ${sent}, and nothing is configured to send ${it} (the demo shows ${it} in its inbox)`,
        `add \`${section}\` to stepgate.yaml`,
      );
    const missing = secretsOf(settings, section).filter((name) => !variables[name]);
    return missing.length === 0
      ? ok('delivery', `${channel} goes out by \`${section}\``)
      : warn(
          'delivery',
          `${channel} needs ${missing.join(', ')}, which is not set here`,
          'set it where the server runs',
        );
  });
}

/** The channels in use, each with its authenticator. */
function sentBy(
  { authenticators: own }: Settings,
  authenticators: readonly AuthenticatorKind[],
): readonly (readonly [DeliveryChannel, string])[] {
  return authenticators.flatMap(({ key, channels }) => {
    const settings = own[key];
    if (!settings?.enabled) return [];
    return (channels?.(settings) ?? []).map((channel) => [channel, key] as const);
  });
}

function secretsOf(settings: Settings, section: (typeof sectionOf)[DeliveryChannel]): readonly string[] {
  if (section === 'mail') return [settings.mail?.smtp.passwordEnv].filter((name) => name !== undefined);
  const { webhook, twilio } = settings[section] ?? {};
  return [webhook?.secretEnv, twilio?.authTokenEnv].filter((name) => name !== undefined);
}

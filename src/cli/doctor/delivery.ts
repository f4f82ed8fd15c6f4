/** Delivery: what is enabled that sends something, is there a way out for it, and are its secrets there? */
import type { Settings } from '../../policy/settings.ts';
import type { Variables } from '../../policy/substitute-variables.ts';
import { type Finding, ok, warn } from './finding.ts';

const sections = { email: 'mail', sms: 'sms', voice: 'voice' } as const;
type Kind = keyof typeof sections;

/** Nothing where nothing is sent. */
export function checkDelivery(settings: Settings, variables: Variables): readonly Finding[] {
  return kindsOf(settings).map(([kind, because]) => {
    const section = sections[kind];
    if (settings[section] === undefined)
      return warn(
        'delivery',
        `${because}, and nothing is configured to send it (the demo shows it in its inbox)`,
        `add \`${section}\` to stepgate.yaml`,
      );
    const missing = secretsOf(settings, section).filter((name) => !variables[name]);
    return missing.length === 0
      ? ok('delivery', `${kind} goes out by \`${section}\``)
      : warn('delivery', `${kind} needs ${missing.join(', ')}, which is not set here`, 'set it where the server runs');
  });
}

/** What is sent, and by whose fault. */
function kindsOf({ authenticators }: Settings): readonly (readonly [Kind, string])[] {
  const { email, phone } = authenticators;
  return [
    ...(email?.enabled ? [['email', '`email` is enabled'] as const] : []),
    ...(phone.enabled ? phone.methods.map((method) => [method, `\`phone\` is enabled with ${method}`] as const) : []),
  ];
}

function secretsOf(settings: Settings, section: (typeof sections)[Kind]): readonly string[] {
  if (section === 'mail') return [settings.mail?.smtp.passwordEnv].filter((name) => name !== undefined);
  const { webhook, twilio } = settings[section] ?? {};
  return [webhook?.secretEnv, twilio?.authTokenEnv].filter((name) => name !== undefined);
}

/** What authenticators can show under the settings: the one place that says so, to those who check and to those who decide. */
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { Settings } from '../model/settings.ts';

/** The enabled ones, in the same order. Hardware is only proved by metadata. */
export function enabledAuthenticators<Descriptor extends AuthenticatorDescriptor>(
  all: readonly Descriptor[],
  { authenticators }: Pick<Settings, 'authenticators'>,
): readonly Descriptor[] {
  return all.flatMap((descriptor) => {
    const own = authenticators[descriptor.key];
    if (own?.enabled !== true) return [];
    if (own.metadata !== undefined || !descriptor.characteristics.includes('hardwareProtected')) return [descriptor];
    return [
      { ...descriptor, characteristics: descriptor.characteristics.filter((one) => one !== 'hardwareProtected') },
    ];
  });
}

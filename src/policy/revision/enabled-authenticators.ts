/**
 * The authenticators under the settings, and the characteristics that they can have. Checks and decisions both use
 * this.
 */
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { Settings } from '../model/settings.ts';

/** The enabled ones, in the same order. Only metadata proves that a key is protected by hardware. */
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

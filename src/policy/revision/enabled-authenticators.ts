/** What authenticators can show under the settings: the one place that says so, to those who check and to those who decide. */
import type { AuthenticatorTraits } from '../../core/model/facts.ts';
import type { Settings } from '../model/settings.ts';

/** The enabled ones, in the same order. Hardware is only proved by metadata. */
export function enabledTraits<Traits extends AuthenticatorTraits>(
  all: readonly Traits[],
  { authenticators }: Pick<Settings, 'authenticators'>,
): readonly Traits[] {
  return all.flatMap((traits) => {
    const own = authenticators[traits.key];
    if (own?.enabled !== true) return [];
    if (own.metadata !== undefined || !traits.characteristics.includes('hardwareProtected')) return [traits];
    return [{ ...traits, characteristics: traits.characteristics.filter((one) => one !== 'hardwareProtected') }];
  });
}

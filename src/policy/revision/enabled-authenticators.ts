/**
 * The authenticators under the settings, and the characteristics and methods that they can have. Checks and decisions
 * both use this.
 */
import type { AuthenticatorDescriptor } from '../../core/model/facts.ts';
import type { Settings } from '../model/settings.ts';

/**
 * The enabled ones, in the same order, with the methods that the settings name, in the order of the settings. Only
 * metadata proves that a key is protected by hardware.
 */
export function enabledAuthenticators<Descriptor extends AuthenticatorDescriptor>(
  all: readonly Descriptor[],
  { authenticators }: Pick<Settings, 'authenticators'>,
): readonly Descriptor[] {
  return all.flatMap((descriptor) => {
    const own = authenticators[descriptor.key];
    if (own?.enabled !== true) return [];
    const able = withMethods(descriptor, own.methods);
    if (own.metadata !== undefined || !able.characteristics.includes('hardwareProtected')) return [able];
    return [
      {
        ...able,
        characteristics: able.characteristics.filter((characteristic) => characteristic !== 'hardwareProtected'),
      },
    ];
  });
}

function withMethods<Descriptor extends AuthenticatorDescriptor>(descriptor: Descriptor, named: unknown): Descriptor {
  const { methods } = descriptor;
  if (methods === undefined || !Array.isArray(named)) return descriptor;
  return { ...descriptor, methods: named.map(String).filter((method) => methods.includes(method)) };
}

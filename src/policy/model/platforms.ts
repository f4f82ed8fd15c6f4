/** What browsers say of their device, as rules name it. */
import type { OperatingSystem, Platform } from '../../core/model/facts.ts';

export const platforms = ['desktop', 'mobile', 'other'] as const satisfies readonly Platform[];

export const operatingSystems = [
  'windows',
  'macos',
  'linux',
  'chromeos',
  'ios',
  'android',
  'other',
] as const satisfies readonly OperatingSystem[];

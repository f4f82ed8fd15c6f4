/** `/account/devices`: browsers that remember the second factor, and how to make them forget it. */
import { devicesOf, forgetDevice, type OwnDevice } from '../../flow/account/devices.ts';
import type { AccountParts } from './account-request.ts';
import { endHandlers, type Listed } from './end-handlers.ts';

const devices: Listed<OwnDevice> = {
  path: 'devices',
  list: 'devices',
  verb: 'forget',
  purpose: 'forget',
  find: async (open, id) => (await devicesOf(open)).find((device) => device.id === id),
  shown: (device) => ({ kind: 'forget-device', device }),
  end: forgetDevice,
  done: () => 'device_forgotten',
};

export function deviceHandlers(parts: AccountParts) {
  const { ask, end } = endHandlers(devices, parts);
  return { showForget: ask, forget: end };
}

/**
 * How the browser's side of a device flow (RFC 8628) refers to the device code that it approves: by its store key,
 * which contains the hash. Only the device knows the code itself, and a copy of the store does not contain it.
 */
import { Provider } from 'oidc-provider';
import { modelKey } from './stored-model.ts';

/** Represents the device code in the entry of its user code, and in the interaction. */
export function deviceReference(deviceCode: string): string {
  return modelKey('DeviceCode', deviceCode);
}

/**
 * The key of a model by its id or by a reference. A device cannot use a reference: whatever it sends is hashed like any
 * other code.
 */
export function keyOfModel(model: string, id: string): string {
  const isReference = model === 'DeviceCode' && /^device-code:\{[\w-]+\}$/.test(id) && !isPresented(id);
  return isReference ? id : modelKey(model, id);
}

function isPresented(id: string): boolean {
  return Provider.ctx?.oidc?.params?.device_code === id;
}

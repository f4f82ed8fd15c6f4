/**
 * How the browser's side of a device flow (RFC 8628) names the device code that it approves: by the key that the store
 * keeps it under, with its hash. The code itself is known to the device alone, and a copy of the store holds none.
 */
import { Provider } from 'oidc-provider';
import { modelKey } from './stored-model.ts';

/** Stands for the device code in the entry of its user code, and in the interaction. */
export function deviceReference(deviceCode: string): string {
  return modelKey('DeviceCode', deviceCode);
}

/**
 * The key of a model by its id, or by what stands for that. A device that presents a reference does not get far: what
 * it sends is hashed, like any other code.
 */
export function keyOfModel(model: string, id: string): string {
  const isReference = model === 'DeviceCode' && /^device-code:\{[\w-]+\}$/.test(id) && !isPresented(id);
  return isReference ? id : modelKey(model, id);
}

function isPresented(id: string): boolean {
  return Provider.ctx?.oidc?.params?.device_code === id;
}

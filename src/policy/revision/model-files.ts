/** The files of this node from which enabled authenticators read which models there are. */
import type { AuthenticatorKind, ModelFile } from '../model/authenticator-kind.ts';
import type { Settings } from '../model/settings.ts';

/** `undefined`: these settings name none, or the authenticator is not enabled. */
export function modelFileOf({ key, modelFile }: AuthenticatorKind, settings: Settings): ModelFile | undefined {
  const own = settings.authenticators[key];
  return own?.enabled ? modelFile?.(own) : undefined;
}

/** Why this node cannot use a file that the settings name. */
export function modelFileFault(settings: Settings, authenticators: readonly AuthenticatorKind[]): string | undefined {
  for (const kind of authenticators) {
    const fault = modelFileOf(kind, settings)?.fault;
    if (fault !== undefined) return `metadata_file_${fault.kind}: ${fault.message}: ${fault.advice}`;
  }
  return undefined;
}

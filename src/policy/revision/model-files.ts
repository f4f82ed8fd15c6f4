/** The files of this node from which enabled authenticators read which models there are. */
import type { AuthenticatorKind, ModelFile } from '../model/authenticator-kind.ts';
import type { Settings } from '../model/settings.ts';

/** `undefined`: these settings name none, or the authenticator is not enabled. */
export function modelFileOf({ key, modelFile }: AuthenticatorKind, settings: Settings): ModelFile | undefined {
  const own = settings.authenticators[key];
  return own?.enabled ? modelFile?.(own) : undefined;
}

/** Why this node cannot use a file that the settings name, and what to do, as two clauses. */
interface ModelFileFault {
  readonly code: 'metadata_file_missing' | 'metadata_file_damaged';
  readonly message: string;
  readonly advice: string;
}

export function modelFileFault(
  settings: Settings,
  authenticators: readonly AuthenticatorKind[],
): ModelFileFault | undefined {
  for (const kind of authenticators) {
    const fault = modelFileOf(kind, settings)?.fault;
    if (fault === undefined) continue;
    const { kind: what, message, advice } = fault;
    return { code: `metadata_file_${what}`, message, advice };
  }
  return undefined;
}

/** Checks the files of this machine that vouch for models of passkeys. */
import type { AuthenticatorKind } from '../../policy/model/authenticator-kind.ts';
import type { Settings } from '../../policy/model/settings.ts';
import { modelFileOf } from '../../policy/revision/model-files.ts';
import { type CheckResult, ok, warn } from './finding.ts';

/** Empty if no enabled authenticator names such a file. */
export function checkModelFiles(
  settings: Settings,
  authenticators: readonly AuthenticatorKind[],
): readonly CheckResult[] {
  return authenticators.flatMap((kind) => {
    const file = modelFileOf(kind, settings);
    if (file === undefined) return [];
    const { fault, named, setting } = file;
    if (fault) return [warn('passkeys', fault.message, fault.advice)];
    const unknown = named.filter(({ model }) => !file.knows(model)).map(({ model }) => model);
    if (unknown.length === 0) return [ok('passkeys', `the file of \`${setting}\` can be read`)];
    return [
      warn(
        'passkeys',
        `the file of \`${setting}\` does not know ${unknown.join(', ')}`,
        'correct them, or fetch a newer file',
      ),
    ];
  });
}

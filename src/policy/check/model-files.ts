/**
 * Files that vouch for models of authenticators, as this machine has them. Without such a file, or for a model that it
 * does not know, no key of that model can be enrolled. Each node reads its own, which may differ.
 */
import type { EnrollmentPolicy } from '../../core/model/enrollment-policy.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import type { AuthenticatorKind, ModelFile } from '../model/authenticator-kind.ts';
import type { Settings } from '../model/settings.ts';
import { modelFileOf } from '../revision/model-files.ts';
import { findingAt } from '../source/finding-at.ts';
import type { YamlSource } from '../source/yaml-source.ts';

/** Faults of the files that the settings name, and models that the settings name and the files do not know. */
export function modelFileFaults(
  source: YamlSource,
  settings: Settings,
  enabled: readonly AuthenticatorKind[],
): readonly AnalysisFinding[] {
  return enabled.flatMap((kind) => {
    const file = modelFileOf(kind, settings);
    if (file === undefined) return [];
    const section = ['authenticators', kind.key];
    if (file.fault === undefined)
      return file.named.flatMap(({ path, model }) =>
        unknownModel(file, model, { source, path: [...section, ...path] }),
      );
    const { kind: fault, message, advice } = file.fault;
    const location = { source, path: [...section, file.setting] };
    return [
      findingAt(`metadata_file_${fault}`, location, { message: `on this machine, ${message}: ${consequence}`, advice }),
    ];
  });
}

const consequence = 'no key of a named model can be enrolled, and none counts as `hardwareProtected`';

/** Models that rules name, and that the file does not know. */
export function unknownModelsIn(
  source: YamlSource,
  { rules }: EnrollmentPolicy,
  { settings, enabled }: { readonly settings: Settings; readonly enabled: readonly AuthenticatorKind[] },
): readonly AnalysisFinding[] {
  return enabled.flatMap((kind) => {
    const file = modelFileOf(kind, settings);
    if (file === undefined || file.fault !== undefined) return [];
    return rules.flatMap(({ then: { models = {} }, off }, index) =>
      (off ? [] : (models[kind.key] ?? [])).flatMap((model, at) =>
        unknownModel(file, model, { source, path: ['rules', index, 'then', 'models', kind.key, at] }),
      ),
    );
  });
}

function unknownModel(
  file: ModelFile,
  model: string,
  location: Parameters<typeof findingAt>[1],
): readonly AnalysisFinding[] {
  if (file.knows(model)) return [];
  const message = `on this machine, the file of \`${file.setting}\` does not know ${model}, or lists it as revoked: no key of it can be enrolled`;
  return [findingAt('unknown-model', location, { message, advice: 'correct it, or fetch a newer file' })];
}

/** Checks what profile policies ask for. Works on a configuration that is otherwise valid. */
import type { ProfileRule } from '../../core/model/profile-policy.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import { type Documents, documentKey } from '../model/documents.ts';
import type { Finding } from '../model/finding.ts';
import type { Settings } from '../model/settings.ts';
import { readProfilePolicy, readSettings } from '../revision/read-document.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';
import { unmeetable } from './unmeetable-requirements.ts';

/** Finds attributes that no user can fill in. */
export function checkProfile(
  sources: readonly DocumentSource[],
  documents: Documents,
  all: readonly AuthenticatorKind[],
): readonly Finding[] {
  const settingsDocument = documents.get(documentKey('settings', 'settings'));
  if (settingsDocument === undefined) return [];
  const settings = readSettings(settingsDocument, all);
  const byFile = new Map([...documents.values()].map((document) => [document.file, document]));
  return sources.flatMap(({ kind, source }) => {
    const document = kind === 'profile' ? byFile.get(source.file) : undefined;
    if (document === undefined) return [];
    return readProfilePolicy(document).rules.flatMap((rule, index) => unaskable(rule, index, { source, settings }));
  });
}

function unaskable(
  { then }: ProfileRule,
  index: number,
  { source, settings }: { readonly source: YamlSource; readonly settings: Settings },
): readonly Finding[] {
  const { registration } = then;
  const named: readonly (readonly [Path, readonly string[]])[] = [
    [['required'], then.required],
    [['optional'], then.optional],
    [['register', 'required'], registration?.required ?? []],
    [['register', 'optional'], registration?.optional ?? []],
  ];
  return named.flatMap(([path, names]) =>
    names.flatMap((name, at) => {
      if (settings.attributes.attributes[name]?.write === 'user') return [];
      const message = `no user can fill in \`${name}\`: its \`write\` is \`admin\``;
      const location = { source, path: ['rules', index, 'then', ...path, at] };
      return [
        unmeetable('profile_unmeetable', location, { message, advice: 'say `write: user`, or do not ask for it' }),
      ];
    }),
  );
}

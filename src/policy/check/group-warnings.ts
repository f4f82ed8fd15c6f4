/** Groups that no user is in: most often a misspelled name, and then a rule that never decides. */

import { composedName } from '../../core/model/composed-name.ts';
import type { AnalysisFinding } from '../model/analysis-finding.ts';
import { type ComparedName, comparedNames, type PartTest } from '../schema/expressions/compared-names.ts';
import { findingAt } from '../source/finding-at.ts';
import { nearestName } from '../source/nearest-name.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource, Path, YamlSource } from '../source/yaml-source.ts';

/**
 * `members`: the groups that users are in; absent: not known. Says nothing as long as neither the settings name groups
 * nor users are in any.
 */
export function groupWarnings(
  sources: readonly DocumentSource[],
  members: readonly string[] | undefined,
): readonly AnalysisFinding[] {
  const declared = sources.flatMap(({ kind, source }) =>
    kind === 'settings'
      ? valuesAt(source.content, 'groups.*').map(({ path }) => composedName(String(path.at(-1))))
      : [],
  );
  if (declared.length === 0 && (members === undefined || members.length === 0)) return [];
  const assigned = sources.flatMap(({ kind, source }) =>
    kind === 'profile'
      ? valuesAt(source.content, 'rules.*.then.register.groups.*').map(({ value }) => composedName(String(value)))
      : [],
  );
  const known = [...new Set([...declared, ...(members ?? []), ...assigned])];
  return sources.flatMap(({ kind, source }) =>
    kind === 'settings' || kind === 'app'
      ? []
      : namedGroups(source)
          .filter(
            ({ name, part }) => !known.some((group) => (part ? partTests[part].holds(group, name) : group === name)),
          )
          .map(({ path, offset, ...named }) =>
            findingAt(
              'unknown-group',
              { source, path },
              {
                ...unknownGroup(named, { known, hasUsers: members !== undefined }),
                ...(offset !== undefined && { offset }),
              },
            ),
          ),
  );
}

interface NamedGroup extends Pick<ComparedName, 'part'> {
  readonly name: string;
  readonly path: Path;
  /** Within an expression. */
  readonly offset?: number;
}

function namedGroups({ content }: YamlSource): readonly NamedGroup[] {
  const inLists = valuesInConditions(content, 'groups.any|all|none.*').flatMap(({ path, value }) =>
    typeof value === 'string' ? [{ name: composedName(value), path }] : [],
  );
  const inExpressions = valuesInConditions(content, 'expression').flatMap(({ path, value }) =>
    comparedNames(typeof value === 'string' ? value : '').flatMap(({ thing, name, part, offset }) =>
      thing === 'group' ? [{ name, path, offset, ...(part && { part }) }] : [],
    ),
  );
  return [...inLists, ...inExpressions];
}

/** ``no user is in `editrs`; did you mean `editors`?`` Without a store, it is not known what users are in. */
function unknownGroup(
  { name, part }: Pick<NamedGroup, 'name' | 'part'>,
  { known, hasUsers }: { readonly known: readonly string[]; readonly hasUsers: boolean },
): Pick<AnalysisFinding, 'message' | 'advice'> {
  if (part) return unmetPart(`a group that ${partTests[part].text} \`${name}\``, hasUsers);
  const near = nearestName(name, known);
  const meant = near === undefined ? '' : `; did you mean \`${near}\`?`;
  const message = hasUsers ? `no user is in \`${name}\`` : `\`groups\` in stepgate.yaml does not name \`${name}\``;
  const advice = 'correct the name, or add the group to `groups` in stepgate.yaml, where it may be empty';
  return { message: `${message}${meant}`, advice };
}

interface PartMeaning {
  readonly text: string;
  readonly holds: (group: string, part: string) => boolean;
}

const partTests: Readonly<Record<PartTest, PartMeaning>> = {
  startsWith: { text: 'begins with', holds: (group, part) => group.startsWith(part) },
  endsWith: { text: 'ends with', holds: (group, part) => group.endsWith(part) },
  contains: { text: 'contains', holds: (group, part) => group.includes(part) },
};

function unmetPart(what: string, hasUsers: boolean): Pick<AnalysisFinding, 'message' | 'advice'> {
  return {
    message: hasUsers ? `no user is in ${what}` : `\`groups\` in stepgate.yaml does not name ${what}`,
    advice: 'correct the text, or add such a group to `groups` in stepgate.yaml, where it may be empty',
  };
}

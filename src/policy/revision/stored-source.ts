/** A document of the store as checks of files read it. */
import { type Document, usualRuleColumn } from '../model/documents.ts';
import { type Path, pathText, type YamlSource } from '../source/yaml-source.ts';

/** The store keeps the locations of rules only: whatever is not within one is at line 0. */
export function storedSource({ file, content, ruleLines, ruleColumns }: Document): YamlSource {
  const locationOf = (path: Path) => {
    const [first, rule] = path;
    const line = (first === 'rules' ? ruleLines[Number(rule)] : undefined) ?? 0;
    const column = ruleColumns?.[Number(rule)] ?? usualRuleColumn;
    return { file, line, column: line === 0 ? 0 : column, path: pathText(path) };
  };
  return {
    ...{ file, content, lines: [] },
    ...{ locationOf, locationOfKey: locationOf, locationWithin: locationOf },
    hasVariable: () => false,
    finding: (code, path, message) => ({ ...locationOf(path), code, message }),
  };
}

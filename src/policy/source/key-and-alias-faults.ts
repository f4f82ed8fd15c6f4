/** What a YAML parser takes and a configuration must not hold: keys that stand twice, and aliases without an end. */
import { type Document, isNode, isScalar, visit } from 'yaml';
import type { Finding } from '../model/finding.ts';

/** Where an offset of the text is in the file. */
type LocationAt = (offset: number) => Pick<Finding, 'file' | 'line' | 'column'>;

/** Keys that stand in one mapping more than once. */
export function duplicateFindings(document: Document.Parsed, locationAt: LocationAt): Finding[] {
  const findings: Finding[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          findings.push({
            ...locationAt(startOf(key)),
            path: '',
            message: `\`${key.value}\` stands twice in this mapping`,
            advice: 'remove one',
            code: 'yaml_duplicate_key',
          });
        seen.add(key.value);
      }
    },
  });
  return findings;
}

/** Aliases of nothing, and those within what they refer to, which has no end. */
export function aliasFindings(document: Document.Parsed, locationAt: LocationAt): Finding[] {
  const findings: Finding[] = [];
  visit(document, {
    Alias(_, node, around) {
      const target = node.resolve(document);
      const where = { ...locationAt(startOf(node)), path: '' };
      if (target === undefined)
        findings.push({ ...where, message: `there is no anchor \`${node.source}\` before this`, code: 'yaml_syntax' });
      else if (around.includes(target))
        findings.push({
          ...where,
          message: `\`*${node.source}\` stands within what it refers to`,
          advice: 'write out what is meant',
          code: 'yaml_cycle',
        });
    },
  });
  return findings;
}

function startOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

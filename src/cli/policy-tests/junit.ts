/** Results of policy tests as JUnit XML, which build servers can display. */
import { printableLine } from '../../policy/model/printable.ts';
import type { TestResult } from './run-tests.ts';

export function junitXml(results: readonly TestResult[]): string {
  const files = [...new Set(results.map(({ file }) => file))];
  const suites = files.flatMap((file) => {
    const own = results.filter((result) => result.file === file);
    return [`  <testsuite name="${escaped(file)}" ${counts(own)}>`, ...own.flatMap(testCase), '  </testsuite>'];
  });
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts(results)}>`,
    ...suites,
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function counts(results: readonly TestResult[]): string {
  const failed = results.filter(({ differences }) => differences.length > 0).length;
  return `tests="${results.length}" failures="${failed}"`;
}

function testCase({ file, line, name, differences }: TestResult): readonly string[] {
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}"`;
  if (differences.length === 0) return [`${head}/>`];
  const message = differences.map(({ what, expected, actual }) => `${what}: expected ${expected}, actual ${actual}`);
  return [`${head}>`, `      <failure message="${escaped(message.join('. '))}"/>`, '    </testcase>'];
}

/** Also removes characters that XML 1.0 does not allow (section 2.2). */
function escaped(text: string): string {
  return printableLine(text)
    .replace(/[\p{Cs}\uFFFE\uFFFF]/gu, ' ')
    .replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** What texts of users and files look like on terminals and in reports. */
import { expect, test } from '@jest/globals';
import { junitXml } from '../../../../src/cli/policy-tests/junit.ts';
import { htmlPage, markup } from '../../../../src/cli/shared/output/html-page.ts';
import { findingsText } from '../../../../src/policy/model/analysis-finding.ts';
import { findingText } from '../../../../src/policy/model/finding.ts';
import { printable } from '../../../../src/policy/model/printable.ts';

test.each([
  ['an emoji of a family', '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'],
  ['an emoji with a skin tone', '\u{1f469}\u{1f3fd}\u200d\u{1f680}'],
  ['an emoji in color', '\u2764\ufe0f\u200d\u{1f525}'],
  ['a Persian word', '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'],
  ['a Hindi word', '\u0915\u094d\u200d\u0937'],
])('%s stays as it is', (_, text) => {
  expect(printable(text)).toBe(text);
});

test.each([
  ['a change of direction', 'Ad\u202emin', 'Ad?min'],
  ['an isolate', '\u2066Admin\u2069', '?Admin?'],
  ['a mark', 'Admin\u200f', 'Admin?'],
  ['a joiner between Latin letters', 'Ad\u200dmin', 'Ad?min'],
  ['a joiner alone', '\u200c', '?'],
  ['a joiner after an emoji alone', '\u{1f468}\u200dx', '\u{1f468}?x'],
  ['an invisible space', 'Ad\u200bmin\ufeff', 'Ad?min?'],
  ['an escape', '\u001b[31m\n\u2028', '?[31m??'],
])('%s shows', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('names of rules show what they hide in findings, reports and JUnit files', () => {
  const [name, shown] = ['Ad\u202emin \u{1f468}\u200d\u{1f469}', 'Ad?min \u{1f468}\u200d\u{1f469}'];
  const at = { file: 'a.yaml', line: 1, column: 1, path: 'rules[0]', text: `- name: ${name}` };
  const rules = [{ ...at, name }];
  const texts = [
    findingsText([{ ...at, severity: 'warning', code: 'spoofable', message: name, rules, advice: name }]),
    findingText({ ...at, code: 'invalid_value', message: name }),
    htmlPage({ title: name, body: markup`` }),
    junitXml([{ file: 'a.yaml', line: 1, column: 1, name, differences: [], leftAside: [], outlived: [] }]),
  ];
  for (const text of texts) {
    expect(text).toContain(shown);
    expect(text).not.toContain('\u202e');
  }
});

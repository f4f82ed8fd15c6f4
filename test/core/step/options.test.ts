/** Whether an outstanding challenge can still be answered. */
import { expect, test } from '@jest/globals';
import { isOpen, type OptionsView } from '../../../src/core/step/options.ts';
import { fixedNow } from '../support/fixtures.ts';

const asking =
  (...methods: readonly string[]): OptionsView['askedMethods'] =>
  (key) =>
    key === 'phone' ? methods : undefined;

test.each<[string, number, readonly string[] | undefined, OptionsView['askedMethods'], boolean]>([
  ['without methods', 1, undefined, asking('sms'), true],
  ['by a method that is asked for', 1, ['sms'], asking('sms'), true],
  ['by two methods of which one is asked for', 1, ['voice', 'sms'], asking('sms'), true],
  ['by a method that is not asked for', 1, ['voice'], asking('sms'), false],
  ['by a method where none is asked for', 1, ['sms'], asking(), false],
  ['by a method where it is not known which are asked for', 1, ['sms'], undefined, true],
  ['by a method where any will do', 1, ['sms'], () => undefined, true],
  ['in its last second', 0, ['sms'], asking('sms'), false],
  ['after that', -1, undefined, undefined, false],
])('a challenge %s is open, or not', (_, left, methods, askedMethods, expected) => {
  const pending = {
    ...{ authenticator: 'phone', inputs: [], public: {}, private: {} },
    ...{ expires: fixedNow + left, ...(methods && { methods }) },
  } as unknown as Parameters<typeof isOpen>[0];
  const view = { labels: () => undefined, ...(askedMethods && { askedMethods }) } as OptionsView;
  expect(isOpen(pending, view, fixedNow)).toBe(expected);
});

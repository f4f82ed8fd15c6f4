/** References and ids may begin with a dash, and an administrator pastes them as they are. */

import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { withDashedValues } from '../../../../../src/cli/shared/options/dashed-values.ts';

const reference = '-4kL5lGnHEU5x72kK679P5TNTJuQqujfvd5BR9onM7p';

/** What the command `show` gets of these words, with its group or without. */
function parsed(...words: readonly string[]): readonly unknown[] {
  let got: readonly unknown[] = [];
  const show = new Command('show')
    .argument('[first]')
    .argument('[second]')
    .option('--json')
    .option('-r, --record [reference]')
    .option('--transaction <reference>')
    .option('--some <words...>')
    .action((first, second, options) => {
      got = [first, second, options];
    });
  const program = new Command('program').addCommand(new Command('users').addCommand(show));
  for (const command of [program, ...program.commands, show]) command.exitOverride().configureOutput({ writeErr() {} });
  program.parse([...withDashedValues(words, program)], { from: 'user' });
  return got;
}

const show = (...words: readonly string[]) => parsed('users', 'show', ...words);

describe('a value that begins with a dash', () => {
  test.each([
    ['of an option', ['--transaction', reference], [undefined, undefined, { transaction: reference }]],
    ['that may be left out', ['--record', reference, 'config'], ['config', undefined, { record: reference }]],
    ['of a short option', ['-r', reference], [undefined, undefined, { record: reference }]],
    [
      'that begins like a short option',
      ['--transaction', '-V4kL5lGnHEU5x72kK679P'],
      [undefined, undefined, { transaction: '-V4kL5lGnHEU5x72kK679P' }],
    ],
    [
      'after another value',
      ['--record', 'a', '--transaction', reference],
      [undefined, undefined, { record: 'a', transaction: reference }],
    ],
  ])('%s is its value', (_, words, expected) => {
    expect(show(...words)).toEqual(expected);
  });

  test.each([
    ['alone', [reference], [reference, undefined, {}]],
    ['behind an option that takes no value', ['--json', reference], [reference, undefined, { json: true }]],
    ['behind an option with its value', ['--record=a', reference], [reference, undefined, { record: 'a' }]],
    ['before options', [reference, '--json', '-r', 'a'], [reference, undefined, { json: true, record: 'a' }]],
    ['before another argument', ['--json', reference, 'b'], [reference, 'b', { json: true }]],
    ['behind another argument', ['a', '--json', reference], ['a', reference, { json: true }]],
    [
      'behind an option with many values',
      ['--some', 'a', 'b', '--json', reference],
      [reference, undefined, { some: ['a', 'b'], json: true }],
    ],
    ['before the end of options', [reference, '--', '--json'], [reference, '--json', {}]],
    ['behind the end of options', ['--json', '--', reference], [reference, undefined, { json: true }]],
  ])('%s is an argument', (_, words, expected) => {
    expect(show(...words)).toEqual(expected);
  });

  test.each([[['--jsn', reference]], [['--coverage', '--keep-signed-in-for-long']], [['-x']]])(
    'is not seen in %j: what was typed is refused',
    (words) => {
      expect(() => show(...words)).toThrow(`unknown option '${words[0]}'`);
    },
  );
});

/** References and ids may begin with a dash, and an administrator pastes them as they are. */

import { describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { joinDashedValues } from '../../../../../src/cli/shared/options/dashed-values.ts';

const reference = '-4kL5lGnHEU5x72kK679P5TNTJuQqujfvd5BR9onM7p';

describe('a value that begins with a dash', () => {
  test.each([
    ['of an option', ['--record', reference, 'config'], [`--record=${reference}`, 'config']],
    [
      'that begins like a short option',
      ['--transaction', '-V4kL5lGnHEU5x72kK679P'],
      ['--transaction=-V4kL5lGnHEU5x72kK679P'],
    ],
    ['after another value', ['--user', 'a', '--transaction', reference], ['--user', 'a', `--transaction=${reference}`]],
  ])('%s is its value', (_, words, joined) => {
    expect(joinDashedValues(words)).toEqual(joined);
  });

  test.each([
    ['options', ['--json', '-h']],
    ['long options', ['--coverage', '--keep-signed-in-for-long']],
    ['a first word', [reference]],
    ['what follows another word', ['show', reference]],
    ['what follows a value that is there', ['--user=a', reference]],
    ['what follows the end of options', ['--', '--record', reference]],
  ])('is not seen in %s', (_, words) => {
    expect(joinDashedValues(words)).toEqual(words);
  });
});

test('an option with an optional value takes it', () => {
  const command = new Command('test').argument('[dir]').option('--record [reference]').exitOverride();
  command.parse([...joinDashedValues(['--record', reference, 'config'])], { from: 'user' });
  expect([command.opts(), command.args]).toEqual([{ record: reference }, ['config']]);
});

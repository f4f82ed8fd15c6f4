/** Values that begin with a dash, on a command line. */
import type { Command, Option } from 'commander';

/** An id or a reference in base64url, of 128 bits or more. No option that begins with one dash is as long. */
function isDashedValue(word: string): boolean {
  return /^-\w[\w-]{20,}$/.test(word);
}

/**
 * Writes `--transaction -4kL5…` as `--transaction=-4kL5…`, and `show --json -4kL5…` as `show --json -- -4kL5…`. One in
 * 64 references begins with a dash, and the parser takes such a word for an option.
 */
export function withDashedValues(words: readonly string[], program: Command): readonly string[] {
  const end = words.includes('--') ? words.indexOf('--') : words.length;
  const before = words.slice(0, end);
  if (!before.some(isDashedValue)) return words;
  const { options } = commandNamed(before, program);
  const [inPlace, behind]: [string[], string[]] = [[], []];
  for (let at = 0; at < before.length; at += 1) {
    const word = before[at] ?? '';
    const option = options.find(({ short, long }) => word === short || word === long);
    const [value = ''] = before.slice(at + 1);
    if (option !== undefined && takesValue(option) && isDashedValue(value)) {
      inPlace.push(`${option.long}=${value}`);
      at += 1;
    } else if (option !== undefined) {
      const values = valuesOf(option, before.slice(at + 1));
      inPlace.push(word, ...values);
      at += values.length;
    } else if (isDashedValue(word) || (behind.length > 0 && !word.startsWith('-'))) behind.push(word);
    else inPlace.push(word);
  }
  const rest = [...behind, ...words.slice(end + 1)];
  return [...inPlace, ...(behind.length > 0 || end < words.length ? ['--', ...rest] : [])];
}

/** The command that the first words name. */
function commandNamed([first, ...words]: readonly string[], command: Command): Command {
  const named = command.commands.find((subcommand) => subcommand.name() === first);
  return named === undefined ? command : commandNamed(words, named);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** The words behind the option that are its values. */
function valuesOf(option: Option, words: readonly string[]): readonly string[] {
  const most = option.variadic ? words.length : takesValue(option) ? 1 : 0;
  const plain = words.findIndex((word) => word.startsWith('-'));
  return words.slice(0, Math.min(most, plain < 0 ? words.length : plain));
}

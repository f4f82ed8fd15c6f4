/** Scripts that complete commands and options in a shell. They contain all words, so that a Tab starts no process. */
import type { Command } from 'commander';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** The beginning of a command line, such as `users add`, and the words that may follow. */
interface Level {
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
}

interface Word {
  readonly word: string;
  readonly description: string;
}

/** The shell evaluates the script. It completes the words after `stepgate`. */
export function completionScript(shell: (typeof shells)[number], program: Command): string {
  return writers[shell](levelsOf(program, []));
}

function levelsOf(command: Command, path: readonly string[]): readonly Level[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((subcommand) => subcommand.name() !== 'help');
  const own: Level = {
    path: path.join(' '),
    commands: commands.map((subcommand) => ({ word: subcommand.name(), description: subcommand.description() })),
    options: help
      .visibleOptions(command)
      .flatMap(({ long, description }) => (long ? [{ word: long, description }] : [])),
  };
  return [own, ...commands.flatMap((subcommand) => levelsOf(subcommand, [...path, subcommand.name()]))];
}

const writers = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** File names are completed where no word fits, since many arguments are files. */
function bashScript(levels: readonly Level[]): string {
  const cases = levels.map(({ path, commands, options }) => {
    const words = [...commands, ...options].map(({ word }) => word);
    return `    ${quoted(path)}) words=${quoted(words.join(' '))} ;;`;
  });
  return `# stepgate completion for bash: source it, or put it into /etc/bash_completion.d
_stepgate() {
  local words='' path='' index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "\${COMP_WORDS[index]}" in -*) break ;; esac
    case "\${path:+$path }\${COMP_WORDS[index]}" in
${levels
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      ${quoted(path)}) path=${quoted(path)} ;;`)
  .join('\n')}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _stepgate stepgate
`;
}

/** Uses zsh's functions for bash completions. */
function zshScript(levels: readonly Level[]): string {
  return `# stepgate completion for zsh: source it from .zshrc
autoload -U +X compinit bashcompinit && compinit && bashcompinit
${bashScript(levels).split('\n').slice(1).join('\n')}`;
}

function fishScript(levels: readonly Level[]): string {
  const lines = levels.flatMap(({ path, commands, options }) => {
    const condition = `-n ${quoted(`__stepgate_at ${path}`.trimEnd())}`;
    return [
      ...commands.map(
        ({ word, description }) => `complete -c stepgate ${condition} -f -a ${word} -d ${quoted(description)}`,
      ),
      ...options.map(
        ({ word, description }) => `complete -c stepgate ${condition} -l ${word.slice(2)} -d ${quoted(description)}`,
      ),
    ];
  });
  const known = levels.flatMap(({ path }) => (path === '' ? [] : [quoted(path)])).join(' ');
  return `# stepgate completion for fish: put it into ~/.config/fish/completions/stepgate.fish
function __stepgate_at
  set -l known ${known}
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    contains -- $next $known; and set path $next
  end
  test "$argv" = "$path"
end
${lines.join('\n')}
`;
}

/** A literal word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

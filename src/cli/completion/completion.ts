/** `stepgate completion`: prints the script that lets a shell complete commands and options. */
import { Argument, type Command } from 'commander';
import { newCommand } from '../commands.ts';
import { completionScript, shells } from './completion-script.ts';

export interface CompletionContext {
  /** Prints whole lines. */
  stdout(text: string): void;
}

/** `program`: returns the whole program when the command runs. */
export function completionCommand({ stdout }: CompletionContext, program: () => Command): Command {
  return newCommand('completion')
    .addArgument(new Argument('<shell>', 'the shell to complete in').choices(shells))
    .action((shell: (typeof shells)[number]) => stdout(completionScript(shell, program())));
}

/** `stepgate config` on the store of a node that goes on. */
import { authenticatorKinds } from '../../../src/authenticators/index.ts';
import { configCommand } from '../../../src/cli/config/config.ts';
import type { ConfigContext } from '../../../src/cli/config/shared/config-context.ts';
import { withDashedValues } from '../../../src/cli/shared/options/dashed-values.ts';
import type { TestNode } from './node.ts';

/**
 * Runs a command such as `diff`. Resolves with what it prints, findings included; rejects with what it rejects with.
 * It asks nothing, and checks no views.
 */
export async function configOn({ store }: TestNode, ...words: readonly string[]): Promise<string> {
  let output = '';
  const print = (text: string): void => {
    output += text;
  };
  const context: Partial<ConfigContext> = {
    openStore: async () => ({ ...store, close: async () => undefined }),
    stdout: print,
    stderr: print,
    checkViews: async () => [],
    authenticators: authenticatorKinds,
    variables: {},
    // Each command here names its directory.
    configDir: 'none',
    now: () => Math.floor(Date.now() / 1000),
    setExitCode: () => undefined,
  };
  const command = configCommand(context as ConfigContext);
  for (const subcommand of command.commands) subcommand.exitOverride();
  await command.exitOverride().parseAsync(withDashedValues(words, command), { from: 'user' });
  return output;
}

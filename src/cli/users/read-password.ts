/** Reads a password from standard input, or generates one. */
import { randomBytes } from 'node:crypto';
import type { NewCredential } from '../../authenticators/authenticator.ts';
import { passwordFaults } from '../../users/password-faults.ts';
import type { PasswordTools } from '../../users/password-tools.ts';

export interface PasswordContext {
  /** Each takes whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** What `--password-stdin` reads. */
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly passwords: PasswordTools;
}

export interface PasswordOptions {
  readonly passwordStdin?: true;
  readonly passwordGenerate?: true;
}

export interface ReadPassword {
  readonly credential: NewCredential;
  /** The password, if it was generated: to be shown once, when it is set. */
  readonly generated?: string;
}

/**
 * `undefined`: the options ask for none. Rejects with a sentence when it cannot be a password. `words`: what it must
 * not consist of.
 */
export async function readPassword(
  context: PasswordContext,
  options: PasswordOptions,
  words: readonly string[],
): Promise<ReadPassword | undefined> {
  const { passwords, stderr, stdin } = context;
  if (options.passwordStdin && options.passwordGenerate)
    throw new Error('give --password-stdin or --password-generate, not both');
  if (options.passwordGenerate) {
    const text = randomBytes(15).toString('base64url');
    return { credential: await passwords.create(text), generated: text };
  }
  if (!options.passwordStdin) return undefined;
  const text = await readLine(stdin);
  const checked = passwords.check(text, words);
  if (!checked.ok) throw new Error(`the password was not set: ${passwordFaults[checked.reason]}`);
  if (checked.short) stderr('warning: with fewer than 15 characters a password should not be the only factor\n');
  return { credential: await passwords.create(text) };
}

/** Shows a generated password; empty where none was generated. */
export function passwordLine(generated: string | undefined): string {
  return generated === undefined ? '' : `password: ${generated}\n`;
}

/** All of a short input without the line break at its end. */
async function readLine(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of input) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > 4096) throw new Error('standard input holds more than a password');
  }
  return (text + decoder.decode()).replace(/\r?\n$/, '');
}

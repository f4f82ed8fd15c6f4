/** Reads a password from standard input, or generates one. */
import { randomBytes } from 'node:crypto';
import type { Credential, NewCredential } from '../../authenticators/authenticator.ts';
import type { Subject } from '../../core/model/facts.ts';
import { passwordFault } from '../../users/ports/password-faults.ts';
import type { PasswordRules, PasswordTools } from '../../users/ports/password-tools.ts';

export interface PasswordInput {
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

/** Whose password it is, and what the password policy says. */
export interface PasswordOwner {
  readonly subject: Subject;
  readonly credentials: readonly Credential[];
  passwordRules(): Promise<PasswordRules>;
}

/** Bytes of a generated password at least, and as many more as the policy demands characters. */
const generatedBytes = 15;

/** `undefined`: the options ask for none. Rejects with a sentence when the password policy refuses it. */
export async function readPassword(
  { passwords, stdin }: PasswordInput,
  options: PasswordOptions,
  { subject, credentials, passwordRules }: PasswordOwner,
): Promise<ReadPassword | undefined> {
  if (options.passwordStdin && options.passwordGenerate)
    throw new Error('give --password-stdin or --password-generate, not both');
  if (!options.passwordGenerate && !options.passwordStdin) return undefined;
  const context = (await passwordRules())(subject, credentials);
  if (options.passwordGenerate) {
    const bytes = Math.max(generatedBytes, context.newPassword?.minLength ?? 0);
    const text = randomBytes(bytes).toString('base64url');
    return { credential: await passwords.create(text, context), generated: text };
  }
  const text = await readLine(stdin);
  const refused = await passwords.check(text, subject, context);
  if (refused !== undefined) throw new Error(`the password was not set: ${passwordFault(refused)}`);
  return { credential: await passwords.create(text, context) };
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

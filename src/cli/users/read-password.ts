/** Reads a password from standard input, or generates one. */
import { randomBytes } from 'node:crypto';
import type { Credential, NewCredential } from '../../authenticators/authenticator.ts';
import type { Subject } from '../../core/model/facts.ts';
import { passwordFault } from '../../users/ports/password-faults.ts';
import type { PasswordRules, PasswordTools } from '../../users/ports/password-tools.ts';

export interface PasswordInput {
  /** Each prints whole lines. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** The input for `--password-stdin`. */
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly passwords: PasswordTools;
}

export interface PasswordOptions {
  readonly passwordStdin?: true;
  readonly passwordGenerate?: true;
}

export interface ReadPassword {
  readonly credential: NewCredential;
  /** A generated password, to be shown once after it is set. */
  readonly generated?: string;
}

/** The user of the password, and the password policy. */
export interface PasswordOwner {
  readonly subject: Subject;
  readonly credentials: readonly Credential[];
  passwordRules(): Promise<PasswordRules>;
}

/** The minimum length of a generated password (bytes). It is longer if the policy requires more characters. */
const generatedBytes = 15;

/** Undefined if the options request none. Rejects with one sentence if the password policy refuses it. */
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

/** Shows a generated password. Empty if none was generated. */
export function passwordLine(generated: string | undefined): string {
  return generated === undefined ? '' : `password: ${generated}\n`;
}

/** The whole of a short input, without the line break at its end. */
async function readLine(input: AsyncIterable<string | Uint8Array>): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  for await (const chunk of input) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > 4096) throw new Error('standard input holds more than a password');
  }
  return (text + decoder.decode()).replace(/\r?\n$/, '');
}

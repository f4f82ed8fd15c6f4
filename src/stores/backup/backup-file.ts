/**
 * Backup files: compressed, and optionally encrypted in the age format (age-encryption.org/v1), so that other programs
 * can open them as well. The file gets its name only when it is complete.
 */
import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { type BackupContent, readBackup } from './backup-lines.ts';
import { BackupRefused } from './backup-refused.ts';

/** How to encrypt the file. If neither is given, it is not encrypted. */
export interface Encryption {
  readonly passphrase?: string;
  /** Public age keys (`age1...`). */
  readonly recipients?: readonly string[];
  /** The cost of one guess at the passphrase (log2 of scrypt's N). Default: 18. */
  readonly scryptCost?: number;
}

/** How to open a file. */
export interface Decryption {
  readonly passphrase?: string;
  /** Secret age keys (`AGE-SECRET-KEY-1...`). */
  readonly identities?: readonly string[];
}

/**
 * Writes the file, readable by its owner only. Rejects with `BackupRefused` if a file of this name exists, with
 * `TypeError` if a recipient is not a key, and with errors of the disk or of `text`. After an error no file is left.
 */
export async function writeBackupFile(
  file: string,
  text: AsyncIterable<string>,
  encryption: Encryption = {},
): Promise<void> {
  const temporary = `${file}.part-${randomBytes(6).toString('hex')}`;
  try {
    const encrypt = encrypterOf(encryption);
    const content = Readable.from(text, { objectMode: false }).pipe(createGzip());
    const bytes = encrypt ? await encrypted(content, encrypt) : content;
    await pipeline(bytes, createWriteStream(temporary, { mode: 0o600, flags: 'wx', flush: true }));
    await link(temporary, file);
    await syncDirectoryOf(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new BackupRefused('file_exists', `${file} is there already: name another file`, error);
  } finally {
    await rm(temporary, { force: true });
  }
}

function encrypterOf({ passphrase, recipients = [], scryptCost }: Encryption): Encrypter | undefined {
  if (passphrase === undefined && recipients.length === 0) return undefined;
  const encrypter = new Encrypter();
  if (scryptCost !== undefined) encrypter.setScryptWorkFactor(scryptCost);
  if (passphrase !== undefined) encrypter.setPassphrase(passphrase);
  for (const recipient of recipients) addRecipient(encrypter, recipient);
  return encrypter;
}

function addRecipient(encrypter: Encrypter, recipient: string): void {
  try {
    encrypter.addRecipient(recipient);
  } catch (error) {
    throw new TypeError(`not a public key of age (age1...): ${recipient}`, { cause: error });
  }
}

async function encrypted(content: Readable, encrypter: Encrypter): Promise<Readable> {
  return Readable.from(await encrypter.encrypt(webStreamOf(content)), { objectMode: false });
}

async function syncDirectoryOf(file: string): Promise<void> {
  const directory = await open(dirname(file));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Reads the file from its beginning. Rejects with `BackupRefused`, and with errors of the disk. */
export async function readBackupFile(file: string, decryption: Decryption = {}): Promise<BackupContent> {
  const kind = await kindOf(file);
  if (kind === undefined) throw new BackupRefused('backup_foreign', `${file} is no backup of Stepgate`);
  const bytes = createReadStream(file);
  try {
    const content = kind === 'age' ? await decrypted(bytes, decryption) : bytes;
    return await readBackup(textOf(content));
  } catch (error) {
    bytes.destroy();
    throw error;
  }
}

const ageMagic = 'age-encryption.org/v1\n';

async function kindOf(file: string): Promise<'gzip' | 'age' | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(ageMagic.length), 0, ageMagic.length, 0);
    if (bytesRead >= 2 && buffer[0] === 0x1f && buffer[1] === 0x8b) return 'gzip';
    return buffer.toString('latin1') === ageMagic ? 'age' : undefined;
  } finally {
    await handle.close();
  }
}

async function decrypted(bytes: Readable, { passphrase, identities = [] }: Decryption): Promise<Readable> {
  const decrypter = new Decrypter();
  if (passphrase !== undefined) decrypter.addPassphrase(passphrase);
  try {
    for (const identity of identities) decrypter.addIdentity(identity);
    return Readable.from(await decrypter.decrypt(webStreamOf(bytes)), { objectMode: false });
  } catch (error) {
    const hint = 'give the passphrase or the identity that it was made for';
    throw new BackupRefused(
      'backup_locked',
      `the file is encrypted, and nothing that was given opens it: ${hint}`,
      error,
    );
  }
}

function webStreamOf(bytes: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = bytes[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

async function* textOf(bytes: Readable): AsyncIterable<string> {
  const decoder = new TextDecoder();
  const content = bytes.pipe(createGunzip());
  bytes.on('error', (error) => content.destroy(error));
  try {
    for await (const chunk of content) yield decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw whatIsWrong(error);
  }
  yield decoder.decode();
}

function whatIsWrong(error: unknown): BackupRefused {
  const isCut = (error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR';
  if (isCut) return new BackupRefused('backup_cut', 'the file was cut off: its end is missing', error);
  return new BackupRefused('backup_damaged', 'the file was cut off, or changed since it was made', error);
}

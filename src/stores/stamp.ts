/** The stamp at the start of each stored value: `<schema version>:<epoch in base 36>:`. */
import { StoreUnavailable } from '../errors.ts';

export interface Stamp {
  /** The schema version of the document. */
  readonly version: number;
  /** The epoch in which it was written (see `StoreState`). */
  readonly epoch: number;
  /** The document without its stamp. */
  readonly text: string;
}

export function withStamp({ version, epoch, text }: Stamp): string {
  return `${version}:${epoch.toString(36)}:${text}`;
}

/** Undefined if the value has no stamp. */
export function readStamp(value: string): Stamp | undefined {
  const [stamp = '', version = '', epoch = ''] = /^(\d{1,6}):([0-9a-z]{1,10}):/.exec(value) ?? [];
  if (stamp === '') return undefined;
  return { version: Number(version), epoch: Number.parseInt(epoch, 36), text: value.slice(stamp.length) };
}

/** Throws `StoreUnavailable` about a document that this release, with this schema version, cannot read. */
export function throwUnreadable(key: string, stamp: Stamp | undefined, version: number): never {
  const kind = key.slice(0, key.indexOf(':'));
  const why = stamp
    ? `has version ${stamp.version}, and this release reads ${version > 1 ? `${version - 1} and ${version}` : version}`
    : 'says no version, so it was not written by a release';
  throw new StoreUnavailable(`a document in the store (${kind}) ${why}`);
}

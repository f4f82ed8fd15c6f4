/** Reading files that may be absent. */

/** The result of `read`, or undefined for a file or folder that does not exist. Throws on any other error. */
export function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

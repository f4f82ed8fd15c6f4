/** Reads responses of other HTTP services within limits, and describes failures without repeating what was sent. */

/** The body as text. Rejects if it has more than `maxBytes`. */
export async function boundedText({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A code such as ECONNREFUSED, because the error itself may quote what was sent or answered. */
export function failureCode(error: unknown): string {
  const { name, message, cause } = error as Error & { readonly cause?: { readonly code?: unknown } };
  return String(cause?.code ?? (name === 'Error' ? message : name));
}

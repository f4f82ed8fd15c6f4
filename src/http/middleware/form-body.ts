/** Reads a form: urlencoded only, small, with each field once. Anything else is refused before it is read. */
import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { StepgateError } from '../../errors.ts';

/** The most that a form may have: `bytes` of its body, and how many `fields`. */
export interface FormLimits {
  readonly bytes: number;
  readonly fields: number;
}

/** For forms whose fields do not depend on the configuration. */
const usualForm: FormLimits = { bytes: 16 * 1024, fields: 32 };
/**
 * For forms with a field for each attribute, scope or terms of the configuration. A text has up to 2048 characters, and
 * the body takes nine bytes for each of most scripts.
 */
export const configuredForm: FormLimits = { bytes: 256 * 1024, fields: 256 };

/**
 * Rejects with `StepgateError`: `unsupported_media_type`, `body_too_large`, or `bad_request` (a repeated field, too
 * many fields, broken encoding). The result has no prototype, so names such as `constructor` are ordinary fields.
 */
export async function readForm(
  ctx: Pick<Context, 'is' | 'get' | 'req'>,
  limits = usualForm,
): Promise<Readonly<Record<string, string>>> {
  if (!ctx.is('application/x-www-form-urlencoded'))
    throw new StepgateError('unsupported_media_type', `a form was expected, not ${ctx.get('content-type')}`);
  const text = (await readBody(ctx.req, limits.bytes)).toString('utf8');
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  // Counted before they are decoded, which takes most of the time.
  if (text.split('&', limits.fields + 1).length > limits.fields)
    throw new StepgateError('bad_request', 'too many fields');
  for (const [name, value] of new URLSearchParams(text)) {
    if (Object.hasOwn(fields, name))
      throw new StepgateError('bad_request', `the field ${name.slice(0, 64)} is there twice`);
    fields[name] = value;
  }
  return fields;
}

/**
 * A body that is too large is read to its end and discarded: closing the connection would also cut off the response,
 * and the next request.
 */
async function readBody(req: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new StepgateError('body_too_large');
      chunks.push(chunk);
    }
  } catch (error) {
    req.resume();
    if (error instanceof StepgateError) throw error;
    throw new StepgateError('bad_request', 'the form was cut off', { cause: error });
  }
  return Buffer.concat(chunks);
}

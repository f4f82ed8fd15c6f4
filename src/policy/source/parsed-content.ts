/** What the schema of a document makes of its content. */
import type { z } from 'zod';

/** Cached by content, which never changes: checks and analysis read each document many times. */
const known = new WeakMap<object, Map<z.ZodType, z.ZodSafeParseResult<unknown>>>();

export function parsedContent<Schema extends z.ZodType>(
  schema: Schema,
  content: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  if (typeof content !== 'object' || content === null) return schema.safeParse(content);
  const bySchema = known.get(content) ?? new Map<z.ZodType, z.ZodSafeParseResult<unknown>>();
  known.set(content, bySchema);
  const result = bySchema.get(schema) ?? schema.safeParse(content);
  bySchema.set(schema, result);
  return result as z.ZodSafeParseResult<z.output<Schema>>;
}

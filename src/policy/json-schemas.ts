/** JSON Schemas (draft-07) of the files, made from the same schemas that check them, for editors. */
import { z } from 'zod';
import type { DocumentKind } from './documents.ts';
import { schemas } from './schemas.ts';

/** Texts by file name, each ending in a line break. */
export function jsonSchemas(): ReadonlyMap<string, string> {
  const kinds = Object.keys(schemas) as DocumentKind[];
  return new Map(
    kinds.map((kind) => {
      const schema = z.toJSONSchema(schemas[kind], { io: 'input', target: 'draft-7' });
      return [`${kind}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}

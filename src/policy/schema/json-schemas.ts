/** JSON Schemas (draft-07) of the files, made from the same schemas that check them, for editors. */
import { z } from 'zod';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { WrittenKind } from '../model/documents.ts';
import { schemaFor, schemas } from './schemas.ts';

/** Texts by file name, each ending in a line break. */
export function jsonSchemas(authenticators: readonly AuthenticatorKind[]): ReadonlyMap<string, string> {
  const kinds: readonly WrittenKind[] = ['settings', ...(Object.keys(schemas) as (keyof typeof schemas)[])];
  return new Map(
    kinds.map((kind) => {
      const schema = z.toJSONSchema(schemaFor(kind, authenticators), { io: 'input', target: 'draft-7' });
      return [`${kind}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}

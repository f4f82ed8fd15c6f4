/** JSON Schemas (draft-07) of the files, made from the same schemas that check them, for editors. */
import { z } from 'zod';
import { accountIdentifiers } from '../../core/model/account-policy.ts';
import { namesOf } from '../../core/model/authenticator-name.ts';
import type { AuthenticatorKind } from '../model/authenticator-kind.ts';
import type { WrittenKind } from '../model/documents.ts';
import { authenticatorKey, changedName, proofName } from './fields/fields.ts';
import { policyTestsSchema } from './policy-tests.ts';
import { schemaFor, schemas } from './schemas.ts';

/** Texts by file name, each ending in a line break. */
export function jsonSchemas(authenticators: readonly AuthenticatorKind[]): ReadonlyMap<string, string> {
  const keys = authenticators.map(({ key }) => key);
  const listed = new Map<unknown, readonly string[]>([
    [proofName, authenticators.flatMap(namesOf)],
    [authenticatorKey, keys],
    [changedName, [...new Set([...keys, ...accountIdentifiers])]],
  ]);
  const kinds: readonly WrittenKind[] = ['settings', ...(Object.keys(schemas) as (keyof typeof schemas)[])];
  const ofDocuments = kinds.map((kind) => [kind, schemaFor(kind, authenticators)] as const);
  return new Map(
    [...ofDocuments, ['tests', policyTestsSchema(authenticators)] as const].map(([name, source]) => {
      const schema = z.toJSONSchema(source, {
        io: 'input',
        target: 'draft-7',
        override: ({ zodSchema, jsonSchema }) => {
          const names = listed.get(zodSchema);
          if (names === undefined) return;
          delete jsonSchema.pattern;
          jsonSchema.enum = [...names];
        },
      });
      return [`${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`];
    }),
  );
}

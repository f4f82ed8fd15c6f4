/** The order in which the keys of a file are written: that of its schema. */
import { z } from 'zod';

/** A part of a JSON Schema, as far as the order of keys needs it. */
interface Part {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly additionalProperties?: Part | boolean;
  readonly items?: Part | boolean;
  readonly anyOf?: readonly Part[];
  readonly oneOf?: readonly Part[];
  readonly allOf?: readonly Part[];
  readonly definitions?: Readonly<Record<string, Part>>;
}

/** What is known of one value of a file: all parts of the schema that may be about it. */
export interface KeyOrder {
  /** The keys that it takes, in their order. Empty: any, as they are written. */
  readonly keys: readonly string[];
  /** Of the value of a key, or of an element of a list. */
  at(step: string | number): KeyOrder;
}

export function keyOrderOf(schema: z.ZodType): KeyOrder {
  const root = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) as Part;
  return orderOf([root], root);
}

function orderOf(parts: readonly Part[], root: Part): KeyOrder {
  const all = parts.flatMap((part) => alternatives(part, root));
  return {
    keys: [...new Set(all.flatMap(({ properties = {} }) => Object.keys(properties)))],
    at: (step) =>
      orderOf(
        all.flatMap((part) => within(part, step)),
        root,
      ),
  };
}

/** The part itself, and what it refers to or consists of. */
function alternatives(part: Part, root: Part): readonly Part[] {
  const { $ref, anyOf = [], oneOf = [], allOf = [] } = part;
  const referred = $ref === undefined ? [] : [referredPart($ref, root)];
  return [part, ...[...referred, ...anyOf, ...oneOf, ...allOf].flatMap((inner) => alternatives(inner, root))];
}

function referredPart(reference: string, root: Part): Part {
  return reference === '#' ? root : (root.definitions?.[reference.split('/').at(-1) ?? ''] ?? {});
}

function within({ properties = {}, additionalProperties, items }: Part, step: string | number): readonly Part[] {
  const inner = typeof step === 'number' ? items : (properties[step] ?? additionalProperties);
  return typeof inner === 'object' ? [inner] : [];
}

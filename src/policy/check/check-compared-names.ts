/** Names in expressions that the configuration does not know: of zones, apps and devices, and values of attributes. */
import { accountClientId } from '../model/account-client-id.ts';
import type { Finding } from '../model/finding.ts';
import { operatingSystems, platforms } from '../model/platforms.ts';
import { type ComparedName, comparedNames } from '../schema/expressions/compared-names.ts';
import { unknownName } from '../source/nearest-name.ts';
import { valuesAt, valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';
import type { KnownNames } from './check-references.ts';

/**
 * Names in expressions that the configuration does not have, each at its location. Groups are left out, because users
 * may be in groups that no file names; `groupWarnings` is about these.
 */
export function comparedNameFindings(sources: readonly DocumentSource[], names: KnownNames): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  return sources.flatMap(({ source }) =>
    valuesInConditions(source.content, 'expression').flatMap(({ path, value }) =>
      comparedNames(typeof value === 'string' ? value : '').flatMap((compared) => {
        const { what, known } = namesFor(compared, names, settings);
        if (known === undefined || known.includes(compared.name)) return [];
        const message = unknownName(what, compared.name, known);
        return [{ ...source.locationWithin(path, compared.offset), message, code: 'unknown_reference' as const }];
      }),
    ),
  );
}

interface Names {
  readonly what: string;
  /** Undefined: it may be any. */
  readonly known: readonly string[] | undefined;
}

function namesFor({ thing }: ComparedName, { zones, apps }: KnownNames, settings: unknown): Names {
  switch (thing) {
    case 'zone':
      return { what: thing, known: zones };
    case 'app':
      return { what: thing, known: apps && [...apps, accountClientId] };
    case 'platform':
      return { what: thing, known: platforms };
    case 'operating system':
      return { what: thing, known: operatingSystems };
    case 'group':
      return { what: thing, known: undefined };
    default:
      return { what: `value of \`${thing.attribute}\``, known: optionsOf(thing.attribute, settings) };
  }
}

function optionsOf(attribute: string, settings: unknown): readonly string[] | undefined {
  const options = valuesAt(settings, `attributes.${attribute}.options.*.value`).map(({ value }) => String(value));
  return options.length > 0 ? options : undefined;
}

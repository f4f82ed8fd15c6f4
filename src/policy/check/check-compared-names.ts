/** Names in expressions that cannot be: of zones, apps, devices, identifiers, addresses and values of attributes. */

import { composedName } from '../../core/model/composed-name.ts';
import { userId } from '../../core/policy/conditions/users.ts';
import { canonicalIdentifier } from '../../identifier.ts';
import { attributeOptions } from '../document-checks/check-attribute-tests.ts';
import { accountClientId } from '../model/account-client-id.ts';
import { canonicalAddress } from '../model/canonical-address.ts';
import type { Finding } from '../model/finding.ts';
import { operatingSystems, platforms } from '../model/platforms.ts';
import { type ComparedName, comparedNames } from '../schema/expressions/compared-names.ts';
import { unknownName } from '../source/nearest-name.ts';
import { valuesInConditions } from '../source/values-at.ts';
import type { DocumentSource } from '../source/yaml-source.ts';
import { type KnownNames, scopesInRules } from './check-references.ts';

/**
 * Names in expressions that the configuration does not have, each at its location. Groups are left out, because users
 * may be in groups that no file names; `groupWarnings` is about these.
 */
export function comparedNameFindings(sources: readonly DocumentSource[], names: KnownNames): readonly Finding[] {
  const settings = sources.find(({ kind }) => kind === 'settings')?.source.content;
  return sources.flatMap(({ source }) =>
    valuesInConditions(source.content, 'expression').flatMap(({ path, value }) =>
      comparedNames(typeof value === 'string' ? value : '').flatMap((compared) => {
        const fault = formFaults.get(compared.thing)?.(compared) ?? unknownFault(compared, names, settings);
        return fault === undefined ? [] : [{ ...source.locationWithin(path, compared.offset), ...fault }];
      }),
    ),
  );
}

type Fault = Pick<Finding, 'message' | 'code'>;

function unknownFault(compared: ComparedName, names: KnownNames, settings: unknown): Fault | undefined {
  const { what, known } = namesFor(compared, names, settings);
  if (compared.part || known === undefined || known.includes(compared.name)) return undefined;
  return { message: unknownName(what, compared.name, known), code: 'unknown_reference' };
}

/** Users have their groups without spaces around them: another one would never be equal. */
function groupFault({ name, part }: ComparedName): Fault | undefined {
  const form = composedName(name);
  if (part || form === name) return undefined;
  return { message: `no user is in a group \`${name}\`; write \`${form}\``, code: 'invalid_value' };
}

/** Users have their identifiers in one form, in lower case: another one would never be equal. */
function identifierFault({ name, part }: ComparedName): Fault | undefined {
  const form = part ? formOfPart(name) : formOf(name);
  if (form === name) return undefined;
  const advice = form === undefined ? 'write what users sign in with' : `write \`${form}\``;
  const meant = userId.test(name) ? 'compare an id with `user.id`' : advice;
  const message = `no user has the identifier \`${name}\`${part ? ', or one with it' : ''}; ${meant}`;
  return { message, code: 'invalid_value' };
}

/** Undefined: no identifier can be so. */
function formOf(name: string): string | undefined {
  const identifier = canonicalIdentifier(name);
  return identifier.ok ? identifier.value : undefined;
}

/** A domain is one with any user before it. Undefined: no identifier can have such a part. */
function formOfPart(part: string): string | undefined {
  const user = part.startsWith('@') ? 'x' : '';
  const identifier = canonicalIdentifier(`${user}${part}`);
  if (identifier.ok) return identifier.value.slice(user.length);
  return identifier.fault === 'forbidden_character' ? undefined : part.normalize('NFKC').toLowerCase();
}

/** Expressions read addresses in one form: another one would never be equal. */
function addressFault({ name, part }: ComparedName): Fault | undefined {
  const form = part ? formOfAddressPart(name) : canonicalAddress(withoutZeros(name));
  if (form === name) return undefined;
  const advice = form === undefined ? 'name a zone for a network' : `write \`${form}\``;
  const message = `no address is \`${name}\`${part ? ', or has it in it' : ''}; ${advice}`;
  return { message, code: 'invalid_value' };
}

/** Only a mapped IPv4 address would have colons and dots, and it is read as IPv4. Undefined: it can be in none. */
function formOfAddressPart(part: string): string | undefined {
  const form = part
    .toLowerCase()
    .replace(/^(?:::|(?:0+:){5})ffff:(?=\d+\.)/, '')
    .replace(/([:.])0+(?=[\da-f])/g, '$1');
  return /^(?:[\da-f:]+|[\d.]+)$/.test(form) ? form : undefined;
}

/** `010.0.0.1` is no address, since some programs read its numbers as octal ones (RFC 6943 section 3.1.1). */
function withoutZeros(address: string): string {
  return address.includes(':') ? address : address.replace(/\b0+(?=\d)/g, '');
}

/** Of what is known in one form, whatever the configuration says. */
const formFaults: ReadonlyMap<ComparedName['thing'], (compared: ComparedName) => Fault | undefined> = new Map([
  ['group', groupFault],
  ['identifier', identifierFault],
  ['address', addressFault],
]);

interface Names {
  readonly what: string;
  /** Undefined: it may be any. */
  readonly known: readonly string[] | undefined;
}

function namesFor({ thing }: ComparedName, names: KnownNames, settings: unknown): Names {
  const { zones, apps } = names;
  switch (thing) {
    case 'zone':
      return { what: thing, known: zones };
    case 'app':
      return { what: thing, known: apps && [...apps, accountClientId] };
    case 'scope':
      return { what: thing, known: scopesInRules(names) };
    case 'platform':
      return { what: thing, known: platforms };
    case 'operating system':
      return { what: thing, known: operatingSystems };
    case 'group':
    case 'identifier':
    case 'address':
      return { what: thing, known: undefined };
    default:
      return { what: `value of \`${thing.attribute}\``, known: attributeOptions(thing.attribute, settings) };
  }
}

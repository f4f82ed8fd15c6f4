/** Who the made-up users of an answer are, where rules ask: one whom no rule names, and those whom rules tell apart. */
import { otherIdentifiers } from '../../../core/analysis/space/example-values.ts';
import type { CompiledExpression, ConditionSet, ExpressionPart } from '../../../core/model/conditions.ts';
import type { Subject } from '../../../core/model/facts.ts';
import { userId } from '../../../core/policy/conditions/users.ts';
import { compileConditions } from '../../../core/policy/rules/condition-table.ts';
import { expressionParts, isRead } from '../../../core/policy/rules/expression-parts.ts';
import type { UserFacts } from '../../../core/policy/theories/theory.ts';

export type Identity = Pick<Subject, 'id' | 'identifiers'>;

/** What rules ask about who the user is. */
export interface IdentityConditions {
  /** Names and ids in `users`. */
  readonly named: readonly string[];
  /** The parts of expressions that read who the user is. */
  readonly parts: readonly ExpressionPart[];
  readonly tests: readonly ((facts: UserFacts) => unknown)[];
}

export function identityConditions(sets: readonly ConditionSet[]): IdentityConditions {
  const parts = [...new Map(sets.flatMap(({ expression }) => (expression ? partsOf(expression) : []))).values()];
  return {
    named: [...new Set(sets.flatMap(({ users }) => [...(users?.any ?? []), ...(users?.none ?? [])]))],
    parts,
    tests: [
      ...sets.flatMap(({ users }) => (users ? compileConditions({ users }) : [])).map(({ test }) => test),
      ...parts.map(({ evaluate }) => evaluate),
    ],
  };
}

const aboutIdentity = ['user.identifiers', 'user.id'];

/** By their texts. */
function partsOf({ logic, partOf }: CompiledExpression): readonly (readonly [string, ExpressionPart])[] {
  return expressionParts(logic).flatMap((inLogic): readonly (readonly [string, ExpressionPart])[] => {
    const part = 'text' in inLogic ? partOf?.(inLogic.text) : undefined;
    if (part === undefined || !('text' in inLogic)) return [];
    return aboutIdentity.some((fact) => isRead(fact, part.reads)) ? [[inLogic.text, part]] : [];
  });
}

/** In the form that ids have. */
const plainId = 'ExampleUser0000000000A';

const plainNames = ['user@example.com', 'user@example.org', 'user@example.net', 'user@other.example', 'user'];

/** A user whom no rule names, as unlike what they say of identifiers as can be. */
export function plainIdentity({ named, parts }: IdentityConditions): Identity {
  const texts = parts.flatMap((part) => part.texts).filter((text) => text.trim() !== '');
  const likeness = (name: string) =>
    texts.filter((text) => name.includes(text)).length + (named.includes(name) ? texts.length + 1 : 0);
  const [first = ''] = plainNames.toSorted((one, other) => likeness(one) - likeness(other));
  return { id: plainId, identifiers: [first] };
}

/** The most users to try, and to tell apart. */
const mostTried = 400;
const mostFound = 8;

/** The plain user, and others of whom the rules say something else in these facts, and of one another. */
export function identitiesApart(
  conditions: IdentityConditions,
  plain: Identity,
  facts: UserFacts,
): readonly Identity[] {
  return identitiesOfKinds(conditions, plain, (identity) =>
    JSON.stringify(conditions.tests.map((test) => test({ ...facts, subject: { ...facts.subject, ...identity } }))),
  );
}

/** One of each kind, the plain user first. */
export function identitiesOfKinds(
  { named, parts }: IdentityConditions,
  plain: Identity,
  kindOf: (identity: Identity) => string,
): readonly Identity[] {
  const tried = [...named.map((name) => identityOf(name, plain)), ...parts.flatMap((part) => suggestedBy(part, plain))];
  const kinds = new Map([[kindOf(plain), plain]]);
  for (const identity of tried.slice(0, mostTried)) {
    const kind = kindOf(identity);
    if (!kinds.has(kind)) kinds.set(kind, identity);
    if (kinds.size > mostFound) break;
  }
  return [...kinds.values()];
}

function identityOf(name: string, plain: Identity): Identity {
  return userId.test(name) ? { ...plain, id: name } : { ...plain, identifiers: [name] };
}

/** Users about whom the part may say something else. */
function suggestedBy({ reads, texts, numbers }: ExpressionPart, plain: Identity): readonly Identity[] {
  const names = isRead('user.identifiers', reads) ? otherIdentifiers({ texts, numbers }) : [];
  const ids = isRead('user.id', reads) ? texts.flatMap(idsFrom) : [];
  return [...names.map((identifiers) => ({ ...plain, identifiers })), ...ids.map((id) => ({ ...plain, id }))];
}

/** The text itself, and ids that begin, or end, with it. */
function idsFrom(text: string): readonly string[] {
  const around = [text, `${text.padEnd(21, '0')}A`, text.padStart(22, '0')];
  return around.filter((id) => userId.test(id));
}

/** For example `ann@corp.test`; the id where that is what differs. */
export function identityText({ id, identifiers }: Identity): string {
  return id === plainId ? identifiers.join(' + ') : id;
}

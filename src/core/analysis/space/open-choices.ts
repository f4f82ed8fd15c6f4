/** The choices of a formula that the classes that are left allow. */
import { resultOfClasses } from './class-sets.ts';
import { type Causes, type Domains, isAboutAny, type ReadChoice, type ReadFormula } from './read-formulas.ts';

/** Classes that are left, and why others are not. */
export interface ReducedDomains extends Domains {
  /** For each variable: why it lost classes. Absent: it lost none by a choice. */
  readonly because: readonly Causes[];
}

/** Why a formula is looked at. */
interface Asked {
  /** Why one of the choices must hold. */
  readonly causes: Causes;
  /** The variables that lost classes since all choices were open, from this position on. Absent: not known. */
  readonly changed?: { readonly variables: readonly number[]; readonly from: number };
}

/** The choices that may yet hold; `holds`: one of them does already. */
export function openChoices(
  formula: ReadChoice,
  { causes: because, changed }: Asked,
  within: ReducedDomains,
): ReadChoice | 'holds' {
  const { about, parts } = formula;
  let left: ReadFormula[] | undefined;
  let causes = formula.causes | because;
  for (let at = 0; at < parts.length; at += 1) {
    const choice = parts[at] as ReadFormula;
    const result = changed && !isAbout(choice, changed) ? undefined : resultIn(choice, within.domains);
    if (result === true) return 'holds';
    if (result === false) {
      left ??= parts.slice(0, at);
      causes |= causesAgainst(choice, within);
    } else left?.push(choice);
  }
  return left || causes !== formula.causes ? { kind: 'any', parts: left ?? parts, about, causes } : formula;
}

function isAbout(formula: ReadFormula, { variables, from }: NonNullable<Asked['changed']>): boolean {
  return formula.kind === 'in' ? variables.includes(formula.variable, from) : isAboutAny(formula, variables, from);
}

/** Why a formula holds in none of the classes that are left. */
function causesAgainst(formula: ReadFormula, within: ReducedDomains): Causes {
  if (formula.kind === 'in') return within.because[formula.variable] ?? 0;
  let causes = 0;
  for (const part of formula.parts) {
    if (formula.kind === 'any') causes |= causesAgainst(part, within);
    else if (resultIn(part, within.domains) === false) return causesAgainst(part, within);
  }
  return causes;
}

/** Whether the formula holds in all these classes (`true`), in none (`false`), or neither is sure. */
function resultIn(formula: ReadFormula, domains: readonly number[]): boolean | undefined {
  if (formula.kind === 'in') return resultOfClasses(formula, domains);
  const isAll = formula.kind === 'all';
  let isOpen = false;
  for (const part of formula.parts) {
    const result = resultIn(part, domains);
    if (result === !isAll) return result;
    isOpen ||= result === undefined;
  }
  return isOpen ? undefined : isAll;
}

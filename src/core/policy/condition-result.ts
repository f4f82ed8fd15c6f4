/**
 * The result of several conditions together. The order of the conditions never matters: a miss decides a conjunction
 * whatever else failed, and a hit a disjunction.
 */
import type { ConditionResult } from '../model/conditions.ts';

/** All must hold. Of none: a hit. */
export function allOf(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'hit' : firstOf(['miss', 'error', 'unknown', 'hit'], results);
}

/** One must hold. Of none: a miss. */
export function oneOf(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'miss' : firstOf(['hit', 'error', 'unknown', 'miss'], results);
}

/** As `allOf`, where `unknown` stands for a result that varies: one of them may miss where another one fails. */
export function allOfAnywhere(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'hit' : firstOf(['miss', 'unknown', 'error', 'hit'], results);
}

/** As `oneOf`, where `unknown` stands for a result that varies: one of them may hold where another one fails. */
export function oneOfAnywhere(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'miss' : firstOf(['hit', 'unknown', 'error', 'miss'], results);
}

function firstOf(order: readonly ConditionResult[], results: readonly ConditionResult[]): ConditionResult {
  return order.find((result) => results.includes(result)) ?? 'error';
}

/**
 * Combines the results of several conditions. Their order never matters: one miss decides a conjunction, and one hit a
 * disjunction, whatever other conditions result in.
 */
import type { ConditionResult } from '../model/conditions.ts';

/** All must hold. An empty list is a hit. */
export function allOf(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'hit' : firstOf(['miss', 'error', 'unknown', 'hit'], results);
}

/** One must hold. An empty list is a miss. */
export function anyOf(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'miss' : firstOf(['hit', 'error', 'unknown', 'miss'], results);
}

/**
 * Like `allOf`, where `unknown` means that the result varies. At some sign-ins a varying condition may miss, so that
 * the failure of another makes no difference.
 */
export function allOfAnywhere(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'hit' : firstOf(['miss', 'unknown', 'error', 'hit'], results);
}

/**
 * Like `oneOf`, where `unknown` means that the result varies. At some sign-ins a varying condition may hold, so that
 * the failure of another makes no difference.
 */
export function oneOfAnywhere(results: readonly ConditionResult[]): ConditionResult {
  return results.length === 0 ? 'miss' : firstOf(['hit', 'unknown', 'error', 'miss'], results);
}

function firstOf(order: readonly ConditionResult[], results: readonly ConditionResult[]): ConditionResult {
  return order.find((result) => results.includes(result)) ?? 'error';
}

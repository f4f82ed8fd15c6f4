/** Turns a decision into a step, and starts what the step needs: sends a challenge, makes an offer. */
import type { Decision } from '../../../core/model/decision.ts';
import type { Facts } from '../../../core/model/facts.ts';
import { nextStep } from '../../../core/step/next-step.ts';
import type { Notice, Step } from '../../../core/step/step.ts';
import type { Transaction } from '../../../core/step/transaction.ts';
import { started } from '../../../core/step/transitions.ts';
import type { OpenTransaction } from '../../transaction/open-transaction.ts';
import { viewOf } from './select.ts';
import { startChallenge } from './start-challenge.ts';

interface ResolvedStep {
  readonly step: Step;
  readonly transaction: Transaction;
  /** Notices from starting it. */
  readonly notices: readonly Notice[];
}

export async function resolveStep(context: OpenTransaction, decision: Decision, facts: Facts): Promise<ResolvedStep> {
  const now = context.services.now();
  const view = await viewOf(context, { facts, decision });
  const notices: Notice[] = [];
  let { transaction } = context;
  for (;;) {
    const plan = nextStep(decision, { transaction, view, now });
    if (plan.kind === 'step') return { step: plan.step, transaction, notices };
    const { kind: _, left, ...choice } = plan;
    const startedChallenge = left
      ? { pending: left, notices: [] }
      : await startChallenge({ ...context, transaction }, choice, { facts, decision });
    notices.push(...startedChallenge.notices);
    transaction = started(transaction, startedChallenge.pending);
  }
}

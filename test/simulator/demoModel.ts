/**
 * The demo model: a planner made of rules, which says plainly that it is no language model. It works with whatever
 * tools it is offered and knows nothing of any particular workspace.
 */
import type { ChatRequest } from './chatRequest';
import { composeAnswer } from './demo/answer';
import { planNext } from './demo/plan';
import { requestedSchema, sampleOf } from './structuredOutput';
import type { Turn } from './turn';

const WHO = 'Rule-based demo, not a language model.';

/** The next turn; a pure function of the conversation. */
export function demoTurn(request: ChatRequest): Turn {
  const plan = planNext(request);
  if (plan.kind === 'call') {
    return { reasoning: `${WHO} ${plan.why}`, toolCalls: [{ name: plan.tool.name, arguments: plan.arguments }] };
  }
  const schema = requestedSchema(request);
  if (schema !== undefined) return { reasoning: WHO, text: JSON.stringify(sampleOf(schema)) };
  const steps = plan.outcomes.length === 1 ? '1 step' : `${plan.outcomes.length} steps`;
  return {
    reasoning: `${WHO} All ${steps} are through; I put together what was found.`,
    text: composeAnswer(plan.outcomes, request.tools.length),
  };
}

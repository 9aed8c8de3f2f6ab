/** A call that cannot go on before the person has opened a page (MCP 2025-11-25, error -32042). */
import * as z from 'zod/v4';
import type { ToolOutcome } from '../agent/types';
import { type Elicit, elicit } from './elicitation';

const MAX_PAGES = 5;

const errorSchema = z.looseObject({
  code: z.literal(-32_042),
  data: z.looseObject({
    elicitations: z
      .array(z.looseObject({ message: z.string().catch(''), url: z.string() }))
      .min(1)
      .max(MAX_PAGES),
  }),
});

export type RequiredPages = z.infer<typeof errorSchema>['data']['elicitations'];

/** Undefined where the error is another one. */
export function requiredPages(error: unknown): RequiredPages | undefined {
  return errorSchema.safeParse(error).data?.data.elicitations;
}

/** Asks for each page; what came of it is for the model, which decides whether it calls again. */
export async function openRequiredPages(
  server: string,
  pages: RequiredPages,
  ask: Elicit | undefined,
  signal: AbortSignal,
): Promise<ToolOutcome> {
  if (!ask) return failed('needs the person to open a page first, and nobody is there to do that.');
  for (const { message, url } of pages) {
    const { action } = await elicit(server, { mode: 'url', message, url }, ask, signal);
    if (action !== 'accept') return failed('needs the person to open a page first, and the person did not want to.');
  }
  return failed('needed the person to open a page first, which they did just now. Make the same call again.');

  function failed(what: string): ToolOutcome {
    return { isError: true, code: 'tool-failed', text: `The call was not done: MCP server "${server}" ${what}` };
  }
}

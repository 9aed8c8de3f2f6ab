import * as z from 'zod/v4';
import { readContent } from './content';
import { listAll, type Listing, type ListRequest } from './listing';

export interface PromptArgument {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly isRequired: boolean;
}

/** A request to a model that a server has written, with gaps for a person to fill in. */
export interface ServerPrompt {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly arguments: readonly PromptArgument[];
}

/** A prompt with its gaps filled in. `images`: data URLs. Never without a message. */
export interface PromptText {
  readonly messages: readonly {
    readonly role: 'user' | 'assistant';
    readonly text: string;
    readonly images: readonly string[];
  }[];
}

const MAX_WORDS = 2000;
const MAX_ARGUMENTS = 50;

const words = z
  .string()
  .transform((text) => text.slice(0, MAX_WORDS))
  .nullish()
  .catch(undefined);

const argument = z
  .looseObject({
    name: z.string().min(1).max(MAX_WORDS),
    title: words,
    description: words,
    required: z.boolean().nullish().catch(undefined),
  })
  .transform(({ name, title, description, required }): PromptArgument => ({
    name,
    title: title ?? undefined,
    description: description ?? '',
    isRequired: required === true,
  }));

const PROMPTS: Listing<ServerPrompt> = {
  method: 'prompts/list',
  field: 'prompts',
  noun: 'prompt',
  schema: z
    .looseObject({
      name: z.string().min(1).max(MAX_WORDS),
      title: words,
      description: words,
      // One argument that cannot be read makes the prompt unusable, so it is left out whole.
      arguments: z.array(argument).max(MAX_ARGUMENTS).nullish(),
    })
    .transform(({ name, title, description, arguments: list }) => ({
      name,
      title: title ?? undefined,
      description: description ?? '',
      arguments: list ?? [],
    })),
  idOf: ({ name }) => name,
};

export function listPrompts(request: ListRequest): Promise<readonly ServerPrompt[]> {
  return listAll(PROMPTS, request);
}

export const promptResultSchema = z
  .looseObject({
    messages: z
      .array(z.looseObject({ role: z.enum(['user', 'assistant']), content: z.unknown() }))
      .min(1)
      .max(200),
  })
  .transform(({ messages }): PromptText => ({
    messages: messages.map(({ role, content }) => ({
      role,
      ...readContent({ content: Array.isArray(content) ? content : [content] }),
    })),
  }));

export const completionSchema = z
  .looseObject({ completion: z.looseObject({ values: z.array(z.string()) }) })
  .transform(({ completion }) => completion.values.slice(0, 100));

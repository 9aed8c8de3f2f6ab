import * as z from 'zod/v4';
import { isJsonObject, type JsonObject } from '../base/json';
import { listAll, type Listing, type ListRequest } from './listing';

/** A tool as its server offers it. Everything in it is a claim of the server. */
export interface ServerTool {
  readonly name: string;
  /** For people. */
  readonly title?: string | undefined;
  readonly description: string;
  /** JSON schema whose `type` is "object". */
  readonly inputSchema: JsonObject;
  /** What the structured part of a result must fit. */
  readonly outputSchema?: JsonObject | undefined;
  readonly readOnly: boolean;
  /** Absent: the server does not say. */
  readonly destructive?: boolean | undefined;
  readonly openWorld?: boolean | undefined;
}

const words = z.string().nullish().catch(undefined);
const hint = z.boolean().nullish().catch(undefined);

const schema = z
  .looseObject({
    name: z.string().min(1),
    title: words,
    description: words,
    inputSchema: z.custom<JsonObject>(
      (value) => isJsonObject(value) && ['object', undefined].some((type) => value['type'] === type),
      'inputSchema must be a JSON schema of type "object"',
    ),
    outputSchema: z.custom<JsonObject>(isJsonObject).nullish().catch(undefined),
    annotations: z
      .looseObject({ title: words, readOnlyHint: hint, destructiveHint: hint, openWorldHint: hint })
      .nullish()
      .catch(undefined),
  })
  .transform(({ name, title, description, inputSchema, outputSchema, annotations }): ServerTool => {
    const shown = title ?? annotations?.title ?? undefined;
    return {
      name,
      title: shown,
      description: description ?? shown ?? '',
      inputSchema: { ...inputSchema, type: 'object' },
      outputSchema: outputSchema ?? undefined,
      readOnly: annotations?.readOnlyHint === true,
      destructive: annotations?.destructiveHint ?? undefined,
      openWorld: annotations?.openWorldHint ?? undefined,
    };
  });

const TOOLS: Listing<ServerTool> = {
  method: 'tools/list',
  field: 'tools',
  noun: 'tool',
  schema,
  idOf: ({ name }) => name,
};

/** All tools of a server, as `listAll` gives them. */
export function listTools(request: ListRequest): Promise<readonly ServerTool[]> {
  return listAll(TOOLS, request);
}

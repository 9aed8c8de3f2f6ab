import { isJsonObject } from '../base/json';
import { compileSchema, type SchemaValidator } from '../base/jsonSchema';
import type { ToolResult } from './content';
import type { ServerTool } from './toolList';

const MAX_PROBLEMS = 5;

/** Holds results to the schemas that their own tools declare. A misfit is a note for the model and costs no result. */
export class OutputCheck {
  readonly #validators = new WeakMap<ServerTool, SchemaValidator>();

  /** A sentence; undefined where nothing is wrong, or nothing was declared. */
  note(tool: ServerTool | undefined, { structuredContent, isError }: ToolResult): string | undefined {
    const schema = tool?.outputSchema;
    if (!tool || !schema || isError === true) return undefined;
    if (!isJsonObject(structuredContent))
      return '[The tool declares a structured result and gave none; what it says here may be incomplete.]';
    const validate = this.#validators.get(tool) ?? compileSchema(schema, 'result');
    this.#validators.set(tool, validate);
    const check = validate(structuredContent);
    if (check.ok) return undefined;
    const problems = check.problems.slice(0, MAX_PROBLEMS).join('; ');
    return `[The structured part of this result does not fit what the tool declares: ${problems}. Do not rely on it.]`;
  }
}

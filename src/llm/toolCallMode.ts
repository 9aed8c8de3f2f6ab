export const TOOL_CALL_MODES = ['auto', 'native', 'prompted'] as const;

/**
 * How a model is told of its tools. `native`: by the server, in the model's own format. `prompted`: by us, in the system
 * message. `auto`: natively, unless the model was not trained for tools or the server cannot express them.
 */
export type ToolCallMode = (typeof TOOL_CALL_MODES)[number];

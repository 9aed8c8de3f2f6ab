/** Tool calls that a parser of LM Studio did not recognise: the same call as text, in each format seen in the field. */

// §3.2, §3.4: default format; Hermes JSON (BT#1669); Qwen3-Coder XML (BT#1071); the hybrid of both; LFM2 (BT#1979);
// Mistral's and gpt-oss's as their published templates have them.
const FORMATS = {
  'tool-request': ({ name, arguments: args }: LeakedCall) =>
    `[TOOL_REQUEST]{"name":${JSON.stringify(name)},"arguments":${args}}[END_TOOL_REQUEST]`,
  'tool-call-json': ({ name, arguments: args }: LeakedCall) =>
    `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${args}}\n</tool_call>`,
  'function-xml': (call: LeakedCall) => `<tool_call>\n${functionXml(call)}\n</tool_call>`,
  'bare-function-xml': functionXml,
  'bare-json': ({ name, arguments: args }: LeakedCall) => `{"name": ${JSON.stringify(name)}, "arguments": ${args}}`,
  hybrid: ({ name, arguments: args }: LeakedCall) => `{"function=${name}","arguments":${args}}`,
  'named-function': ({ name, arguments: args }: LeakedCall) => `<function name="${name}">${args}</function>`,
  // Mistral's templates: a list before tokenizer v11, the name and its arguments since.
  mistral: ({ name, arguments: args }: LeakedCall) =>
    `[TOOL_CALLS][{"name": ${JSON.stringify(name)}, "arguments": ${args}}]`,
  'mistral-args': ({ name, arguments: args }: LeakedCall) => `[TOOL_CALLS]${name}[ARGS]${args}`,
  // gpt-oss's response format, as it shows where the engine's parser gives up.
  channel: ({ name, arguments: args }: LeakedCall) =>
    `<|channel|>commentary to=functions.${name} <|constrain|>json<|message|>${args}<|call|>`,
  'bare-pythonic': (call: LeakedCall) => `[${call.name}(${pythonArguments(call)})]`,
  pythonic: (call: LeakedCall) => `<|tool_call_start|>[${call.name}(${pythonArguments(call)})]<|tool_call_end|>`,
} as const;

export type LeakFormat = keyof typeof FORMATS;

export interface LeakedCall {
  readonly name: string;
  /** JSON text. */
  readonly arguments: string;
}

export function leakedText(format: LeakFormat, calls: readonly LeakedCall[]): string {
  return calls.map((call) => FORMATS[format](call)).join('\n');
}

function functionXml(call: LeakedCall): string {
  const parameters = entriesOf(call).map(([key, value]) => `<parameter=${key}>\n${plain(value)}\n</parameter>\n`);
  return `<function=${call.name}>\n${parameters.join('')}</function>`;
}

function pythonArguments(call: LeakedCall): string {
  return entriesOf(call)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(', ');
}

function entriesOf({ arguments: args }: LeakedCall): [string, unknown][] {
  return Object.entries(JSON.parse(args) as Record<string, unknown>);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

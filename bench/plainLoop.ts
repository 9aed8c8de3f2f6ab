/** What somebody would write without us: the plainest loop around the same two libraries. The baseline of the benchmarks. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import OpenAI from 'openai';
import type { ChatCompletionMessageParam, ChatCompletionMessageToolCall } from 'openai/resources/chat/completions';

export interface PlainTask {
  readonly url: string;
  readonly model: string;
  readonly task: string;
  /** The MCP server: a program of node. */
  readonly mcpProgram: string;
  /** Called before each request, from 1. */
  readonly onRound?: (round: number) => void;
}

export async function plainLoop({ url, model, task, mcpProgram, onRound }: PlainTask): Promise<string> {
  const mcp = new Client({ name: 'plain-loop', version: '1.0.0' });
  await mcp.connect(new StdioClientTransport({ command: process.execPath, args: [mcpProgram] }));
  const tools = (await mcp.listTools()).tools.map(({ name, description = '', inputSchema }) => ({
    type: 'function' as const,
    function: { name, description, parameters: inputSchema },
  }));
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
  const messages: ChatCompletionMessageParam[] = [{ role: 'user', content: task }];
  for (let round = 1; ; round++) {
    onRound?.(round);
    const { text, calls } = await ask(openai, model, messages, tools);
    if (calls.length === 0) {
      await mcp.close();
      return text;
    }
    messages.push({ role: 'assistant', content: text, tool_calls: calls });
    for (const { id, function: call } of calls) {
      const args = JSON.parse(call.arguments) as Record<string, unknown>;
      const { content } = await mcp.callTool({ name: call.name, arguments: args });
      messages.push({ role: 'tool', tool_call_id: id, content: textOf(content) });
    }
  }
}

type FunctionCall = Extract<ChatCompletionMessageToolCall, { type: 'function' }>;

async function ask(
  openai: OpenAI,
  model: string,
  messages: ChatCompletionMessageParam[],
  tools: OpenAI.Chat.Completions.ChatCompletionFunctionTool[],
) {
  let text = '';
  const calls: FunctionCall[] = [];
  const stream = await openai.chat.completions.create({ model, messages, tools, stream: true });
  for await (const { choices } of stream) {
    text += choices[0]?.delta.content ?? '';
    for (const { index, id, function: part } of choices[0]?.delta.tool_calls ?? []) {
      const call = (calls[index] ??= { id: id ?? '', type: 'function', function: { name: '', arguments: '' } });
      call.function.name += part?.name ?? '';
      call.function.arguments += part?.arguments ?? '';
    }
  }
  return { text, calls };
}

function textOf(content: unknown): string {
  const parts = content as readonly { readonly type: string; readonly text?: string }[];
  return parts.map((part) => part.text ?? '').join('\n');
}

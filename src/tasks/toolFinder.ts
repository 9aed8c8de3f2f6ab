/** How a model reaches the tools that its requests do not offer. */
import { ToolIndex } from '../agent/toolIndex';
import { describeMatches } from '../agent/toolSearch';
import type { Tool } from '../agent/types';
import { type OwnTool, ownToolName } from './ownTools';

/** `find_tools` and `use_tool`. What the first one answers is at most about `maxChars` long. */
export function createToolFinder(tools: readonly Tool[], maxChars: number): readonly OwnTool[] {
  const find = ownToolName('find_tools', tools);
  const use = ownToolName('use_tool', tools);
  // Most tasks never need it.
  let index: ToolIndex | undefined;
  return [
    {
      definition: {
        name: find,
        description: `Finds tools that are not listed here, among ${String(tools.length)}. Use it when the listed ones are not enough. Call a found tool with ${use}.`,
        inputSchema: {
          type: 'object',
          properties: { query: { type: 'string', description: 'What the tool should do, in a few words' } },
          required: ['query'],
        },
      },
      run: ({ query }) => {
        index ??= new ToolIndex(tools);
        const text = describeMatches(index, typeof query === 'string' ? query : '', maxChars);
        return Promise.resolve({ isError: false, text });
      },
    },
    {
      definition: {
        name: use,
        description: `Calls a tool that ${find} found.`,
        inputSchema: {
          type: 'object',
          properties: { name: { type: 'string' }, arguments: { type: 'object' } },
          required: ['name', 'arguments'],
        },
      },
      meant: ({ name, arguments: args }) =>
        // Small models like to write the inner arguments as a text.
        typeof name === 'string' && name !== use
          ? { name, arguments: typeof args === 'string' ? args : JSON.stringify(args ?? {}) }
          : undefined,
      run: () =>
        Promise.resolve({
          isError: true,
          code: 'tool-arguments',
          text: `${use} calls another tool: give the name of one that ${find} found.`,
        }),
    },
  ];
}

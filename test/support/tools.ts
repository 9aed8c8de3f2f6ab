/** Tools as MCP servers offer them, for tests of what is offered and found. */
import fc from 'fast-check';
import type { Tool } from '../../src/agent/types';

export function toolOf(server: string, name: string, description = '', parameters: readonly string[] = []): Tool {
  const properties = Object.fromEntries(parameters.map((parameter) => [parameter, { type: 'string' }]));
  return {
    definition: { name: name.toLowerCase(), description, inputSchema: { type: 'object', properties } },
    server,
    name,
    readOnly: true,
  };
}

/** Up to thirty tools of three servers; no two have one name. */
export function tools(): fc.Arbitrary<readonly Tool[]> {
  const words = fc.array(fc.constantFrom('file', 'read', 'write', 'the', 'a', 'weather', 'graph', 'für'), {
    maxLength: 12,
  });
  return fc.uniqueArray(
    fc
      .record({
        server: fc.constantFrom('files', 'web', 'graph'),
        name: fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/),
        words,
        parameters: fc.uniqueArray(fc.constantFrom('path', 'query', 'limit', 'city'), { maxLength: 4 }),
      })
      .map((made) => toolOf(made.server, made.name, made.words.join(' '), made.parameters)),
    { maxLength: 30, selector: ({ definition }) => definition.name },
  );
}

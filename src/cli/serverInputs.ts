/** The values of `${input:id}` where nobody can be asked: they come from environment variables, never from the command line. */
import { ConfigurationError } from '../base/errors';
import { formatOrigin } from '../mcp/serverSpec';
import type { InputSource } from '../mcp/variables';
import { usage } from './optionValues';

/**
 * @param variables ids of inputs and the variables that hold their values
 * @throws ConfigurationError `usage` where one of these is not set
 */
export function inputsFromEnvironment(
  variables: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): InputSource {
  for (const [id, variable] of variables) {
    if (env[variable] === undefined) {
      throw usage(`The environment variable ${variable}, which --input-env names for "${id}", is not set.`);
    }
  }
  return (input, spec) => {
    const variable = variables.get(input.id);
    const value = variable === undefined ? input.default : env[variable];
    const server = `MCP server "${spec.name}" (${formatOrigin(spec.origin)})`;
    if (value === undefined) {
      const what = input.description === undefined ? '' : ` (${input.description})`;
      const message = `${server} needs the input "${input.id}"${what}, and no value is given for it.`;
      const hint = `Put it into an environment variable, and give --input-env ${input.id}=NAME.`;
      return Promise.reject(new ConfigurationError('mcp-config', message, { hint }));
    }
    if (input.kind === 'pickString' && !input.options.includes(value)) {
      const message = `${server} takes for its input "${input.id}" only ${input.options.join(', ')}.`;
      return Promise.reject(new ConfigurationError('mcp-config', message, { hint: 'Give one of these.' }));
    }
    return Promise.resolve(value);
  };
}

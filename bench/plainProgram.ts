/** The plain loop as a program: URL MODEL TASK MCP_PROGRAM. */
import { plainLoop } from './plainLoop';

const [url = '', model = '', task = '', mcpProgram = ''] = process.argv.slice(2);
plainLoop({ url, model, task, mcpProgram }).then(
  (text) => {
    process.stdout.write(`${text}\n`);
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);

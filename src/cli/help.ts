export const HELP = `LM Studio Bridge: autonomous tasks with the models of LM Studio and your MCP servers.

Usage:
  lmstudio-bridge run --task TEXT | --task-file FILE [options]   run a task
  lmstudio-bridge resume RUN --journal DIR [options]             go on with a task that was broken off
  lmstudio-bridge tasks --journal DIR [--json]                   list the tasks with a journal
  lmstudio-bridge show RUN --journal DIR [--json]                show what a task did
  lmstudio-bridge discard RUN --journal DIR                      delete a task's journal
  lmstudio-bridge models [options]                               list the models of the server
  lmstudio-bridge selftest [options]                             test how well a model uses tools
  lmstudio-bridge doctor [options]                               check server, models and MCP configuration

Options of run, resume, models and doctor:
  --url URL            server, with or without /v1 or /api/v1 (default http://127.0.0.1:1234)
  --token-env NAME     environment variable that holds the API token (default LM_API_TOKEN, if set)
  --json               machine-readable output on stdout, nothing else
  --help, --version

Options of run:
  --task TEXT          what to do
  --task-file FILE     the same, read from a file
  --prompt SERVER/NAME a prompt of an MCP server is the task, instead of --task; that server is used
  --prompt-arg N=V     value for an argument of the prompt; may be repeated
  --resource SERVER=URI  give the model this resource with the task; may be repeated; that server is used
  --mcp NAME           use this MCP server; may be repeated. Looked for in the workspace, then in your own files
  --all-mcps           use every enabled MCP server
  --tool NAME          offer this tool first where not all fit the context; NAME or SERVER/NAME; may be repeated
  --mcp-config FILE    read this instead of all other files; may be repeated, the first wins on a name
  --input-env ID=NAME  the input ID of a server's file has the value of the environment variable NAME; may be repeated
  --workspace DIR      workspace folder (default: the current directory); may be repeated
  --model ID           model key or instance (default: the loaded one, else the first that can use tools)
  --max-rounds N       model requests at most (default 50)
  --max-tokens N       tokens at most, prompts and answers together
  --timeout SECONDS    bounds the whole run
  --approve MODE       read-only (default): only tools marked read-only; all: every tool; none: no tool
  --tool-calls MODE    auto (default); native: tools are offered by the server; prompted: described in the prompt
  --journal DIR        keep a journal of the task in this folder, to go on after a crash (default: none is kept)
  --on-substitution M  where another model answers than was asked for: warn (default), or stop the run
  --control            with --json: take messages, pause, continue and cancel as JSON lines on stdin

RUN is the id of a task or its first characters. resume takes --model, --max-rounds, --max-tokens, --timeout and
--approve, --on-substitution, --input-env and --control as run does; what is not given stays as it was, but for those
four and --url, which are never remembered.

Options of selftest:
  --model ID           model key or instance (default: the loaded one, else the first that can use tools)
  --timeout SECONDS    for all probes together (default 30); loading the model does not count

Options of doctor:
  --mcp-config FILE    also start the servers of this file and list their tools; may be repeated
  --input-env ID=NAME  as for run

Exit codes: 0 done (selftest: reliable), 1 failed (selftest: shaky or no), 2 wrong usage or configuration, 3 a limit was reached, 130 cancelled.
`;

#!/usr/bin/env node
// A stand-in for LM Studio's `lms` (reference 4): the same JSON on stdout, the same words on stderr, for the commands
// that a client may use. What it knows comes from the private route at LMS_STUB_URL. Every invocation is a line of JSON
// in LMS_STUB_LOG; `wakes` marks the commands with which the real one starts LM Studio where it does not run (1.4).
import { appendFileSync } from 'node:fs';

const args = process.argv.slice(2);
const flags = new Set(args.filter((arg) => arg.startsWith('-')));
const has = (...names) => names.some((name) => flags.has(name));
const valueOf = (...names) => args[args.findIndex((arg) => names.includes(arg)) + 1];
const WITH_VALUE = ['-s', '--source', '-c', '--context-length', '--ttl', '--identifier', '--gpu', '--parallel'];
const optional = (...names) => (has(...names) ? valueOf(...names) : undefined);
const words = args.filter((arg, i) => !arg.startsWith('-') && !WITH_VALUE.includes(args[i - 1]));

/** Ends the command as the real one does. */
class Failed extends Error {}

const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const say = (text) => process.stderr.write(`${text}\n`);

async function call(method, body) {
  const response = await fetch(process.env.LMS_STUB_URL, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Failed('Error: Failed to connect to LM Studio.');
  });
  const answer = await response.json();
  if (!response.ok) throw new Failed(`Error: ${answer.error}`);
  return answer;
}

async function list() {
  const { models } = await call('GET');
  const wanted = has('--llm') ? ['llm'] : has('--embedding') ? ['embedding'] : ['llm', 'embedding'];
  print(models.filter(({ type }) => wanted.includes(type)));
}

async function processes() {
  print((await call('GET')).instances);
}

async function serverStatus() {
  const { server } = await call('GET');
  print(server);
}

async function serverStart() {
  const { server } = await call('POST', { action: 'start-server' });
  if (!server.running) throw new Failed('Failed to verify the server is running. Please try to use another port.');
  say(`Success! Server is now running on port ${server.port}`);
}

async function daemonStatus() {
  const { daemon } = await call('GET');
  print(daemon);
}

/** The key itself, or else the first whose letters stand in it in this order: it may not be the one that was meant. */
async function load() {
  const [, asked = ''] = words;
  const { models } = await call('GET');
  const fuzzy = models.filter(({ modelKey }) => isSubsequence(asked.toLowerCase(), modelKey.toLowerCase()));
  const [found] = models.filter(({ modelKey }) => modelKey === asked).concat(fuzzy);
  if (found === undefined) throw new Failed(`Error: No model found that matches path "${asked}".`);
  if (fuzzy.length > 1 && found.modelKey !== asked && !has('-y', '--yes')) return askForever(fuzzy);
  const ttl = optional('--ttl');
  const context = optional('-c', '--context-length');
  const { identifier, seconds } = await call('POST', {
    action: 'load',
    key: found.modelKey,
    identifier: optional('--identifier'),
    ttlMs: ttl === undefined ? null : Number(ttl) * 1000,
    config: {
      ...(context === undefined ? {} : { context_length: Number(context) }),
      ...(has('--parallel') ? { parallel: Number(valueOf('--parallel')) } : {}),
    },
  });
  say(`Model loaded successfully in ${seconds.toFixed(1)}s.`);
  say(`To use the model in the API/SDK, use the identifier "${identifier}".`);
}

function isSubsequence(part, whole) {
  let at = 0;
  for (const letter of whole) if (letter === part[at]) at++;
  return at === part.length;
}

/** The interactive prompt: without a terminal nobody answers it. */
function askForever(models) {
  say('? Select a model to load');
  for (const { modelKey } of models) say(`  ${modelKey}`);
  setInterval(() => undefined, 2 ** 30);
}

async function unload() {
  const { instances } = await call('GET');
  const ids = instances.map(({ identifier }) => identifier);
  const [, asked] = words;
  if (has('-a', '--all')) return unloadEach(ids);
  if (asked === undefined && ids.length !== 1) throw new Failed('Error: Please say which model to unload.');
  const id = asked ?? ids[0];
  if (!ids.includes(id)) throw new Failed(`Error: Cannot find a model with the identifier "${id}".`);
  return unloadEach([id]);
}

async function unloadEach(ids) {
  for (const identifier of ids) {
    await call('POST', { action: 'unload', identifier });
    say(`Model "${identifier}" unloaded.`);
  }
}

/** Until it is killed. */
async function streamLog() {
  if (valueOf('-s', '--source') !== 'server') throw new Failed('Error: Only the log of the server is kept here.');
  const response = await fetch(`${process.env.LMS_STUB_URL}/log`).catch(() => {
    throw new Failed('Error: Failed to connect to LM Studio.');
  });
  say('Streaming logs from LM Studio');
  for await (const piece of response.body) process.stdout.write(piece);
}

function version() {
  process.stdout.write('lms - LM Studio CLI (stand-in)\nCLI commit: 0000000\nLM Studio version: 0.4.24\n');
}

/** `wakes`: needs LM Studio itself, and so starts it. */
const COMMANDS = {
  ls: { run: list, wakes: true },
  ps: { run: processes, wakes: true },
  load: { run: load, wakes: true },
  unload: { run: unload, wakes: true },
  'server start': { run: serverStart, wakes: true },
  'server status': { run: serverStatus, wakes: false },
  'log stream': { run: streamLog, wakes: true },
  'daemon status': { run: daemonStatus, wakes: false },
  version: { run: version, wakes: false },
};

const command = COMMANDS[words.slice(0, 2).join(' ')] ?? COMMANDS[words[0]];
const entry = { argv: args, wakes: command?.wakes ?? false };
if (process.env.LMS_STUB_LOG) appendFileSync(process.env.LMS_STUB_LOG, `${JSON.stringify(entry)}\n`);
try {
  if (command === undefined) throw new Failed(`error: unknown command '${words.join(' ')}'`);
  await command.run();
} catch (error) {
  if (!(error instanceof Failed)) throw error;
  say(error.message);
  process.exitCode = 1;
}

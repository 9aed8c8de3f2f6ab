/** What it costs to know the models: validating a name, listing, telling what changed. */
import * as http from 'node:http';
import { systemClock } from '../src/base/clock';
import { createFetch } from '../src/base/http';
import { ModelCatalog } from '../src/llm/lmstudio/catalog';
import { ModelServer } from '../src/llm/lmstudio/server';
import { ModelValidator } from '../src/llm/lmstudio/validator';
import { DEFAULT_ARRANGEMENT } from '../src/vscode/models/modelFilter';
import { rowsOf } from '../src/vscode/models/modelRows';
import { serverSource } from '../test/support/serverSource';
import { modelKey } from './lib/frames';
import { ModelServerClient, now } from './lib/modelServerClient';
import { alternate, pairedRow, type Row, runBenchmark } from './lib/report';

const MANY = 1_000;
/** As many as a person has. */
const USUAL = 25;
/** Validations in a row whose mean is one figure: a single one is shorter than the clock's own call. */
const BATCH = 1_000;
const CALLERS = 50;
const MEMORY_CALLS = 5_000;

runBenchmark(async (isQuick) => {
  const server = await ModelServerClient.start();
  const count = isQuick ? 20 : 100;
  const rows = [
    ...(await cachedRows(server, count)),
    await coldRow(server),
    ...(await roundTripRows(server, count * 2)),
    await listedRow(server, isQuick ? 10 : 40),
    await memoryRow(server),
  ];
  server.stop();
  return { rows, skipped: [] };
});

async function cachedRows(server: ModelServerClient, count: number): Promise<Row[]> {
  await server.serveModels(MANY);
  const { catalog, validator } = connect(server.url);
  const { models } = await catalog.refresh();
  const keys = models.map(({ key }) => key);
  const map = new Map(models.map((model) => [model.key, model]));
  const signal = new AbortController().signal;
  // Awaited too, as every caller of a validation does.
  const lookUp = (key: string) => Promise.resolve(map.get(key));
  const search = (key: string) => Promise.resolve(keys.includes(key));
  const measure = async (name: string, key: string, against: string, baseline: (key: string) => Promise<unknown>) => {
    const ours = () => batch(() => validator.validate(key, signal));
    const theirs = () => batch(() => baseline(key));
    await alternate(5, ours, theirs);
    return pairedRow(`validation: ${name}`, 'µs', against, await alternate(count, ours, theirs));
  };
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  const result = [
    await measure(`cached, first of ${String(MANY)}`, first, 'Map lookup', lookUp),
    await measure(`cached, last of ${String(MANY)}`, last, 'Map lookup', lookUp),
    await measure(`cached, last of ${String(MANY)}`, last, 'linear search', search),
  ];
  catalog.dispose();
  return result;
}

/** Microseconds of one call. */
async function batch(call: () => Promise<unknown>): Promise<number> {
  const start = now();
  for (let i = 0; i < BATCH; i++) await call();
  return ((now() - start) * 1_000) / BATCH;
}

/** How often the server is asked. */
async function coldRow(server: ModelServerClient): Promise<Row> {
  await server.serveModels(USUAL);
  const ask = async (call: () => Promise<unknown>): Promise<number> => {
    const before = (await server.marks()).lists;
    await Promise.all(Array.from({ length: CALLERS }, call));
    return (await server.marks()).lists - before;
  };
  const { catalog, validator, models } = connect(server.url);
  const ours = await ask(() => validator.validate(modelKey(1), new AbortController().signal));
  const baseline = await ask(() => models.listModels(new AbortController().signal));
  catalog.dispose();
  const name = `validation: ${String(CALLERS)} callers, cold`;
  return pairedRow(name, 'requests', 'each asks for itself', [{ ours, baseline }]);
}

async function roundTripRows(server: ModelServerClient, count: number): Promise<Row[]> {
  await server.serveModels(USUAL);
  const { catalog, models } = connect(server.url);
  const signal = new AbortController().signal;
  const bare = bareGet();
  const measure = async (name: string, path: string, ours: () => Promise<unknown>): Promise<Row> => {
    const sides = [() => timed(ours), () => timed(() => bare(server.url + path))] as const;
    await alternate(10, ...sides);
    return pairedRow(`validation: ${name}`, 'ms', 'bare GET', await alternate(count, ...sides));
  };
  const result = [
    await measure('health check', '/lmstudio-greeting', () => models.greet(signal)),
    await measure(`list of ${String(USUAL)} models`, '/api/v1/models', () => models.listModels(signal)),
  ];
  catalog.dispose();
  return result;
}

/** From the question to the words of every row, where one model has changed each time. */
async function listedRow(server: ModelServerClient, count: number): Promise<Row> {
  await server.serveModels(MANY);
  const { catalog } = connect(server.url);
  const bare = bareGet();
  const show = async (): Promise<void> => {
    const mark = catalog.markActivity(modelKey(1), 'generating');
    const { models } = await catalog.refresh();
    mark.dispose();
    const rows = rowsOf(serverSource(models), DEFAULT_ARRANGEMENT, Date.now());
    const listed = (rows.groups ?? []).reduce((sum, { keys }) => sum + keys.length, 0);
    if (listed !== MANY || rows.models.size !== MANY) throw new Error('Not all models are shown.');
  };
  const sides = [() => timed(show), () => timed(() => bare(`${server.url}/api/v1/models`))] as const;
  await alternate(3, ...sides);
  const pairs = await alternate(count, ...sides);
  catalog.dispose();
  return pairedRow(`validation: ${String(MANY)} listed, diffed, in rows`, 'ms', 'bare GET, JSON.parse', pairs);
}

/** What stays behind. */
async function memoryRow(server: ModelServerClient): Promise<Row> {
  await server.serveModels(MANY);
  const { catalog, validator } = connect(server.url);
  const signal = new AbortController().signal;
  const validate = async (): Promise<void> => {
    for (let i = 0; i < MEMORY_CALLS; i++) await validator.validate(modelKey(i % MANY), signal);
  };
  const heapKiB = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1024;
  };
  await validate();
  const before = heapKiB();
  await validate();
  const ours = heapKiB() - before;
  catalog.dispose();
  const name = `validation: heap after ${String(MEMORY_CALLS)}`;
  return { name, ours, baseline: null, ratio: null, spread: null, unit: 'KiB more', against: '' };
}

function connect(url: string) {
  const fetch = createFetch(systemClock);
  const models = new ModelServer({ root: url, token: undefined }, { fetch, clock: systemClock });
  const catalog = new ModelCatalog(models, systemClock);
  return { models, catalog, validator: new ModelValidator(catalog, systemClock) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = now();
  await work();
  return now() - start;
}

/** The least a client can do: one kept connection, the whole body, parsed. */
function bareGet(): (url: string) => Promise<unknown> {
  const agent = new http.Agent({ keepAlive: true });
  return (url) =>
    new Promise((resolve, reject) => {
      const request = http.get(url, { agent }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () => {
          resolve(JSON.parse(text));
        });
      });
      request.on('error', reject);
    });
}

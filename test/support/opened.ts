/** What a test opens and need not close: that happens after it, the last one first. */
import type { RequestListener } from 'node:http';
import type { Clock } from '../../src/base/clock';
import { systemClock } from '../../src/base/clock';
import { ModelCatalog } from '../../src/llm/lmstudio/catalog';
import { ModelLifecycle } from '../../src/llm/lmstudio/lifecycle';
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/server';
import { modelServer, serve, serveTcp, type TestServer } from './lmstudio';

export interface Opened {
  /** For whatever else is to be closed. */
  readonly closing: (() => Promise<void> | void)[];
  readonly simulate: (options?: SimulatorOptions) => Promise<Simulator>;
  readonly http: (listener: RequestListener) => Promise<TestServer>;
  readonly tcp: typeof serveTcp;
  /** The catalog of the server at this address, and the loads and unloads on it. */
  readonly lifecycleOf: (root: string, clock?: Clock) => { catalog: ModelCatalog; lifecycle: ModelLifecycle };
}

/** To be called in a `describe`, once. */
export function openedInEachTest(): Opened {
  const closing: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  const closeLater = <T extends { readonly close: () => Promise<void> }>(server: T): T => {
    closing.push(() => server.close());
    return server;
  };
  return {
    closing,
    simulate: async (options) => closeLater(await startSimulator(options)),
    http: async (listener) => closeLater(await serve(listener)),
    tcp: async (...args) => closeLater(await serveTcp(...args)),
    lifecycleOf: (root, clock = systemClock) => {
      const catalog = new ModelCatalog(modelServer(root), clock);
      const lifecycle = new ModelLifecycle(catalog, clock);
      closing.push(() => {
        lifecycle.dispose();
        catalog.dispose();
      });
      return { catalog, lifecycle };
    },
  };
}

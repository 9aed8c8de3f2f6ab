import { visibleText } from '../base/visibleText';
import { type Model, modelState } from '../llm/lmstudio/model';
import { type CliContext, connectServer } from './environment';
import type { ModelsCommand } from './options';
import { tableText } from './table';

/** Prints the models of the server. Throws a BridgeError where there is no list to be had. */
export async function listModels(options: ModelsCommand, context: CliContext): Promise<number> {
  const { server } = connectServer(options, context);
  const { models, path } = await server.listModels(context.signal);
  if (options.json) {
    const document = { url: server.address.root, endpoint: path, models: models.map(describeModel) };
    context.out.write(`${JSON.stringify(document, null, 2)}\n`);
  } else {
    context.out.write(models.length === 0 ? 'The server has no models.\n' : visibleText(table(models)));
  }
  return 0;
}

/** A model as `models --json` and `doctor --json` give it; null: the server does not say. */
export function describeModel(model: Model) {
  const instances = model.instances ?? [];
  return {
    id: model.key,
    displayName: model.displayName,
    type: model.kind === 'embedding' ? 'embedding' : 'llm',
    state: modelState(model),
    loadedContextLength: instances[0]?.contextLength ?? null,
    maxContextLength: model.maxContextLength,
    instances,
    quantization: model.quantization,
    sizeBytes: model.sizeBytes,
    format: model.format,
    parameters: model.parameters,
    architecture: model.architecture,
    publisher: model.publisher,
    toolUse: model.toolUse,
    vision: model.vision,
    reasoning: model.reasoning,
    variants: model.variants,
  };
}

function table(models: readonly Model[]): string {
  const rows = models.map((model) => [
    model.key,
    { loaded: 'loaded', loading: 'loading', 'not-loaded': 'not loaded', unknown: 'state unknown' }[modelState(model)],
    contextText(model),
    model.quantization ?? '',
    model.sizeBytes === null ? '' : `${(model.sizeBytes / 1e9).toFixed(1)} GB`,
    model.kind === 'embedding'
      ? 'embedding'
      : [model.toolUse && 'tools', model.vision && 'vision'].filter(Boolean).join(', '),
  ]);
  return tableText(['MODEL', 'STATE', 'CONTEXT', 'QUANT', 'SIZE', 'CAN'], rows);
}

function contextText(model: Model): string {
  const loaded = model.instances?.[0]?.contextLength;
  const maximum = model.maxContextLength === null ? '?' : String(model.maxContextLength);
  return loaded === undefined || loaded === null ? `max ${maximum}` : `${String(loaded)} of ${maximum}`;
}

import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { isJsonObject, type JsonObject } from '../../base/json';
import type { Model } from '../../llm/lmstudio/model';
import { type FitnessReport, type FitnessSubject, subjectOf } from '../../tasks/fitnessReport';
import { VERDICTS } from '../../tasks/fitnessProbes';

/** What the views say of a model's self-test. */
export type Fitness = Pick<FitnessReport, 'verdict' | 'testedAt'>;

/** As much of a `vscode.Memento` as this needs. */
interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

/** A model that is gone for good leaves its result; so many of the newest are kept for each server. */
const MAX_RESULTS = 100;

/** The results of self-tests, kept on this machine for each server, model, variant and quantisation. */
export class FitnessStore implements Disposable {
  readonly #changed = new Emitter<undefined>();

  readonly onDidChange = this.#changed.event;

  constructor(private readonly state: Memory) {}

  /** Undefined where the model, as it is now, was not tested. */
  of(root: string, model: Model): Fitness | undefined {
    return this.on(root)(model);
  }

  /** `of` for many models of one server, as things are now. */
  on(root: string): (model: Model) => Fitness | undefined {
    const results = this.#read(root);
    const isEmpty = Object.keys(results).length === 0;
    return (model) => {
      const stored = isEmpty ? undefined : results[keyOf(subjectOf(model))];
      if (!isJsonObject(stored)) return undefined;
      const { verdict: word, testedAt } = stored;
      const verdict = VERDICTS.find((known) => known === word);
      return verdict && typeof testedAt === 'string' ? { verdict, testedAt } : undefined;
    };
  }

  /** A test without a verdict leaves the last one as it is. */
  async save(root: string, { verdict, testedAt, ...report }: FitnessReport): Promise<void> {
    if (verdict === 'unfinished') return;
    const key = keyOf(report);
    const others = Object.entries(this.#read(root)).filter(([other]) => other !== key);
    const kept = [...others.slice(1 - MAX_RESULTS), [key, { verdict, testedAt }]];
    await this.state.update(placeOf(root), Object.fromEntries(kept));
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #read(root: string): JsonObject {
    const stored = root === '' ? undefined : this.state.get(placeOf(root));
    return isJsonObject(stored) ? stored : {};
  }
}

function placeOf(root: string): string {
  return `fitness:${new URL(root).origin}`;
}

function keyOf({ model, variant, quantization }: FitnessSubject): string {
  return JSON.stringify([model, variant, quantization]);
}

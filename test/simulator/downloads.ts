/** `POST /api/v1/models/download` and its status (§2.5 DOC): models that are to be had, but not on the disk yet. */
import { nativeFailure } from './failures';
import { isObject, stringOf, type JsonObject, type JsonValue } from './json';
import type { ModelHost } from './modelHost';
import type { ModelSpec } from './models';
import { randomHex } from './wireIds';

export interface DownloadOffer {
  readonly spec: ModelSpec;
  /** It moves on with every status request and is complete with this one. Default 3. */
  readonly polls?: number;
  /** Or it moves on with time. */
  readonly durationMs?: number;
  /** Where it stays or breaks off, at half of its way. Default `completed`. */
  readonly outcome?: 'completed' | 'paused' | 'failed';
}

interface Job {
  readonly id: string;
  readonly offer: DownloadOffer;
  readonly startedAt: number;
  completedAt: number | undefined;
  polls: number;
}

export interface DownloadsOptions {
  readonly offers: readonly DownloadOffer[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class Downloads {
  private readonly jobs = new Map<string, Job>();

  constructor(
    private readonly host: ModelHost,
    private readonly options: DownloadsOptions,
  ) {}

  /** @throws HttpFailure 400 without a model, 404 for one that nobody offers (INF) */
  start(body: JsonValue | undefined): JsonObject {
    const model = isObject(body) ? stringOf(body['model']) : undefined;
    if (!model) {
      const fields = { param: 'model', code: 'missing_required_parameter' };
      throw nativeFailure(400, 'invalid_request', '"model" is required', fields);
    }
    // §2.5 DOC: a catalog id or an address of Hugging Face.
    const key = model.replace(/^https:\/\/huggingface\.co\//, '');
    // §2.5 REC
    if (this.host.spec(key) !== undefined) return { status: 'already_downloaded' };
    const offer = this.options.offers.find(({ spec }) => spec.key === key);
    if (offer === undefined) throw nativeFailure(404, 'model_not_found', `Model ${model} not found`);
    const job = this.jobOf(offer);
    return {
      job_id: job.id,
      status: 'downloading',
      total_size_bytes: offer.spec.sizeBytes,
      started_at: iso(job.startedAt),
    };
  }

  /** @throws HttpFailure 404 `job_not_found` */
  status(id: string): JsonObject {
    const job = this.jobs.get(id);
    if (job === undefined) throw nativeFailure(404, 'job_not_found', `Download job '${id}' not found`);
    job.polls += 1;
    const { spec, outcome = 'completed' } = job.offer;
    const share = Math.min(this.share(job), outcome === 'completed' ? 1 : 0.5);
    const bytes = Math.floor(spec.sizeBytes * share);
    const shared = { total_size_bytes: spec.sizeBytes, downloaded_bytes: bytes, started_at: iso(job.startedAt) };
    if (share === 1) {
      this.complete(job);
      return { job_id: id, status: 'completed', completed_at: iso(job.completedAt ?? 0), ...shared };
    }
    if (share === 0.5 && outcome !== 'completed') return { job_id: id, status: outcome, ...shared };
    const elapsed = Math.max(1, this.options.now() - job.startedAt);
    const rate = Math.max(1, (bytes * 1000) / elapsed);
    const end = this.options.now() + ((spec.sizeBytes - bytes) * 1000) / rate;
    const pace = { bytes_per_second: Math.round(rate), estimated_completion: iso(end) };
    return { job_id: id, status: 'downloading', ...pace, ...shared };
  }

  /** A download that runs is not begun again (INF). */
  private jobOf(offer: DownloadOffer): Job {
    const running = [...this.jobs.values()].find((job) => job.offer === offer && offer.outcome !== 'failed');
    if (running !== undefined) return running;
    const id = `job_${randomHex(10)}`;
    const job: Job = { id, offer, startedAt: this.options.now(), completedAt: undefined, polls: 0 };
    this.jobs.set(id, job);
    return job;
  }

  private share({ offer, startedAt, polls }: Job): number {
    if (offer.durationMs === undefined) return polls / (offer.polls ?? 3);
    return (this.options.now() - startedAt) / offer.durationMs;
  }

  private complete(job: Job): void {
    if (job.completedAt !== undefined) return;
    job.completedAt = this.options.now();
    this.host.addSpec(job.offer.spec);
  }
}

function iso(ms: number): string {
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}

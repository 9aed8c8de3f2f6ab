import { type Model, type ModelState, modelState } from './model';

/** What we know a model to do because we asked for it ourselves. `cancelling`: still loaded, though nobody wants it. */
export type OwnActivity = 'loading' | 'cancelling' | 'unloading' | 'processing-prompt' | 'generating';

/** What a person sees as a model's state. `idle`: in memory and ready, as far as we know working for nobody. */
export type ModelActivity = Exclude<ModelState, 'loaded'> | 'idle' | OwnActivity;

/** What we do ourselves is the newest we know; then what `lms ps` said; then the server's list. */
export function activityOf(model: Model, own: OwnActivity | undefined): ModelActivity {
  const state = modelState(model);
  // A request for a model that is not in memory is held back until it is loaded (reference 2.9).
  if (own === 'processing-prompt' && (state === 'not-loaded' || state === 'loading')) return 'loading';
  if (own) return own;
  if (state !== 'loaded') return state;
  const works = (model.instances ?? []).map(({ work }) => work);
  if (works.includes('generating')) return 'generating';
  return works.includes('processing-prompt') ? 'processing-prompt' : 'idle';
}

/** True while its state can change any moment. */
export function isInTransit(activity: ModelActivity): boolean {
  return activity === 'loading' || activity === 'cancelling' || activity === 'unloading';
}

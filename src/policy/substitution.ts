/** What becomes of an answer that another model gives than the one that was asked: a warning, or the end of the run. */
export const SUBSTITUTION_MODES = ['warn', 'stop'] as const;

export type SubstitutionMode = (typeof SUBSTITUTION_MODES)[number];

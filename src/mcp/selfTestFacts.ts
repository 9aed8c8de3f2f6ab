/**
 * What the tools of the self-test know. The codes look random and stand in no task, so a model that names one has called
 * the tool. They never change, so that the prompts of two tests are the same.
 */
export const SELF_TEST_CODES = {
  amber: 'QF-7316',
  birch: 'VX-2094',
  cedar: 'LM-8857',
  order: 'HT-4682',
  safe: 'ZK-5921',
  walnut: 'RD-3748',
} as const;

/** What stands in each box. `maple` leads to the last one, whose name stands nowhere else. */
export const BOXES: Readonly<Record<string, string>> = {
  amber: `The code is ${SELF_TEST_CODES.amber}.`,
  birch: `The code is ${SELF_TEST_CODES.birch}.`,
  cedar: `The code is ${SELF_TEST_CODES.cedar}.`,
  maple: 'The code is in the box "walnut 58".',
  'walnut 58': `The code is ${SELF_TEST_CODES.walnut}.`,
};

/** The one order that gets a number. */
export const ORDER = {
  customer: { name: 'Ann', city: 'Oslo' },
  items: [
    { product: 'apple', quantity: 2 },
    { product: 'pear', quantity: 3 },
  ],
} as const;

/** The first is what a task names; the safe wants the second. */
export const PINS = { said: '4711', wanted: '47-11' } as const;

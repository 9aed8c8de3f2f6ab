/** A promise that is opened from outside: for `hold`, `holdHeaders` and `beforeLoad`, instead of sleeping in a test. */
export interface Gate {
  readonly promise: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => {
    open = () => resolve();
  });
  return { promise, open: () => open() };
}

/** What VS Code keeps for a workspace or for the person. */
export function memento(content: Record<string, unknown> = {}) {
  return {
    keys: () => Object.keys(content),
    get: (key: string, fallback?: unknown) => content[key] ?? fallback,
    update: (key: string, value: unknown) => Promise.resolve(void (content[key] = value)),
  };
}

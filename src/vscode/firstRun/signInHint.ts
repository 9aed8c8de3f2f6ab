/** From this version on nobody has to be signed in for models of other providers (reference B4). */
const SINCE = [1, 122] as const;

/** Whether this VS Code takes models of other providers into its chat only for who is signed in. */
export function doesChatNeedSignIn(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major < SINCE[0] || (major === SINCE[0] && minor < SINCE[1]);
}

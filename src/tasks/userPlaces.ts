/** Where the files of the person's other products are, for whoever looks for MCP servers there. */
import { homedir } from 'node:os';
import { lmStudioHome } from '../llm/lmstudio/discovery';
import type { UserPlaces, UserProduct } from '../mcp/sources';

interface Known {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The folder of VS Code's user profile, where an editor knows it. */
  readonly vscodeUser?: string | undefined;
  readonly products?: readonly UserProduct[] | undefined;
}

export async function userPlaces({ env = process.env, vscodeUser, products }: Known = {}): Promise<UserPlaces> {
  const home = homedir();
  return { home, lmStudioHome: await lmStudioHome(home), env, platform: process.platform, vscodeUser, products };
}

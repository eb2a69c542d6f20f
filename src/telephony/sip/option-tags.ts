import type { HeaderList } from './header-list.ts';
import { splitList } from './split-list.ts';

/** The extensions that we have, as option tags (RFC 3261 section 19.2). */
export const SUPPORTED: readonly string[] = ['100rel', 'timer', 'replaces', 'norefersub', 'nosub'];

/** Whether Require or Supported lists an option tag; one that cannot be read lists none. */
export function hasOption(headers: HeaderList, name: 'Require' | 'Supported', option: string): boolean {
  try {
    return splitList(headers.all(name)).some((tag) => tag.toLowerCase() === option);
  } catch {
    return false;
  }
}

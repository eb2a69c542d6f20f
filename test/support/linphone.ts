import { type LinphoneProcess, startLinphoneProcess } from './linphone-process.ts';

/** linphone-daemon, which takes calls, knows all of linphone's commands, and hears and says nothing. */
export type Linphone = Pick<LinphoneProcess, 'folder' | 'command' | 'seen' | 'latest' | 'all' | 'close'>;

/** Starts linphone-daemon, which answers by itself, on any free port if none is given. `sip`: more lines for that section of its settings. */
export function startLinphone(sipPort = -1, sip: readonly string[] = []): Promise<Linphone> {
  return startLinphoneProcess({ program: 'linphone-daemon', options: ['--auto-answer'], sipPort, sip });
}

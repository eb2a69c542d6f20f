import { GetSipRefusals } from '../../contracts/sip-refusals.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';

/** What the server tells of itself. */
export function systemHandlers({ sipRefusals }: Services): readonly BoundOperation[] {
  return [
    signedIn(GetSipRefusals, async () => {
      const refused = sipRefusals.all.map(({ sources, ...counted }) => ({
        ...counted,
        sources: sources.map(({ address, lastMs }) => ({ address, lastDate: new Date(lastMs).toISOString() })),
      }));
      return { since: new Date(sipRefusals.sinceMs).toISOString(), refused };
    }),
  ];
}

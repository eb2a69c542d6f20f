import { DeleteFlow, GetFlow, ListAvailableNodes, ListFlows, NewFlow, PatchFlow } from '../../contracts/flows.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';

/** Flows (evo-voice.md 1.2). */
export function flowHandlers({ flows }: Services): readonly BoundOperation[] {
  return [
    signedIn(ListFlows, (principal, request) => flows.list(principal, request)),
    signedIn(GetFlow, (principal, request) => flows.get(principal, request)),
    signedIn(NewFlow, (principal, request) => flows.create(principal, request)),
    signedIn(PatchFlow, (principal, request) => flows.patch(principal, request)),
    signedIn(DeleteFlow, (principal, request) => flows.remove(principal, request)),
    signedIn(ListAvailableNodes, (principal, request) => flows.availableNodes(principal, request)),
  ];
}

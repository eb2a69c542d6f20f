import { endpointText } from './endpoint-text.ts';
import { finding, type MediaFinding, seconds } from './media-finding.ts';
import type { MediaReport } from './media-report.ts';

/** What our offer and its answer let us send for less long was hardly to be heard. */
const LEAST_MS = 2000;
/** How long the other side may let nothing of ours through. */
const MUTED_MS = 5000;

/** Whether the other side hears nothing of us, as its own reports say, although it was agreed on. */
export function isUnheardThere({ heardThere, sendingMs }: MediaReport): boolean {
  return heardThere === false && sendingMs >= LEAST_MS;
}

/** Whether the other side let nothing of ours through, as its SDP says. */
export function isMutedThroughout({ sendingMs, mutedMs }: MediaReport): boolean {
  return sendingMs < LEAST_MS && mutedMs >= MUTED_MS;
}

/** What is wrong when the other side hears nothing of us. */
export function findUnheard(report: MediaReport): MediaFinding | undefined {
  const { sent, mutedMs, expectedFrom, receivedFrom = expectedFrom } = report;
  if (isMutedThroughout(report)) {
    return finding(
      'HeldThroughout',
      `The other side took no audio: for ${seconds(mutedMs)} its SDP said sendonly or inactive, as for music on hold, so it heard nobody. Have it answer with sendrecv: take the call off hold there, or let its gateway switch the speech path through both ways.`,
    );
  }
  if (!isUnheardThere(report)) return undefined;
  return finding(
    'NothingHeardThere',
    `The other side heard nothing of ours: its reports (RTCP) tell of no audio, although ${sent} packets were sent${receivedFrom ? ` to ${endpointText(receivedFrom)}` : ''}. Let UDP from RINGFLOW_RTP_PORTS of this server through the firewalls on the way and at the other side, see that it decrypts what was agreed on if the call had SRTP, and set RINGFLOW_PUBLIC_ADDRESS to the address that our packets come from there.`,
  );
}

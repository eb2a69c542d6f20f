import { endpointText } from './endpoint-text.ts';
import { finding, type MediaFinding, seconds } from './media-finding.ts';
import type { DropReason, MediaReport } from './media-report.ts';

/** Shorter than this, it may be a change of the session that both sides are still about to follow. */
const DEAF_MS = 5000;
/** Half a second of audio; of packets from elsewhere the kernel lets only some through. */
const ENOUGH_PACKETS = 25;
const reasons: readonly DropReason[] = ['unencrypted', 'unauthentic', 'unagreed', 'refused'];

/** What is wrong when the peer, or somebody in its place, spoke for seconds in the middle or at the end of the call and was not heard. */
export function findDeafTime(report: MediaReport): MediaFinding | undefined {
  const { deaf, unagreedType, refusedFrom, expectedFrom, onlyExpected } = report;
  if (!deaf || deaf.ms < DEAF_MS) return undefined;
  const { dropped, ended, ms } = deaf;
  const why = reasons.reduce((most, each) => (dropped[each] > dropped[most] ? each : most));
  if (dropped[why] < ENOUGH_PACKETS) return undefined;
  const when = ended ? `For ${seconds(ms)} in the middle of the call` : `In the last ${seconds(ms)} of the call`;
  switch (why) {
    case 'unencrypted':
      return finding(
        'Unencrypted',
        `${when} audio came in clear though SRTP was agreed on, so none of it was heard: the other side, or a media server that took over, has stopped encrypting. Switch SRTP on there, or set srtp of the trunk to Off.`,
      );
    case 'unauthentic':
      return finding(
        'Unauthentic',
        `${when} audio came, but not encrypted with the key in the last SDP of the other side, so none of it was heard: keys were changed, or the call was handed over, on one side only. Have it send the key that it uses in a re-INVITE, or set srtp of the trunk to Off.`,
      );
    case 'unagreed':
      return finding(
        'UnagreedType',
        `${when} audio came as payload type ${unagreedType ?? 'unknown'}, which was not agreed, so none of it was heard. Have the other side keep to the codec that was agreed, or offer the other one in a re-INVITE before it sends it.`,
      );
    case 'refused': {
      const source = `${when} audio came${refusedFrom ? ` from ${endpointText(refusedFrom)}` : ' from elsewhere'} instead of${expectedFrom ? ` ${endpointText(expectedFrom)}` : ' the address in SDP'}, so none of it was heard`;
      return finding(
        'RefusedSource',
        onlyExpected
          ? `${source}: rtpSource of the trunk is Offered, which takes none from there. Have the other side name its new address in a re-INVITE, or set rtpSource to Latch.`
          : `${source}: another source of another address is not taken for the other side. Have it name its new address in a re-INVITE, as a media server that takes over must.`,
      );
    }
  }
}

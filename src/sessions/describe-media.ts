import type { SessionMediaReport } from '../contracts/sessions.ts';
import {
  diagnoseMedia,
  endpointText,
  estimateHeardQuality,
  estimateSaidQuality,
  isOneWayAudio,
  type MediaReport,
} from '../telephony/port.ts';

/**
 * The audio of a call as the API shows it, with what is wrong. Undefined when no audio was ever agreed on. A call that was not answered
 * has no problems: while it rings, either side may keep silent.
 */
export function describeMedia(report: MediaReport, answered: boolean): SessionMediaReport | undefined {
  if (report.codec === undefined) return undefined;
  return {
    codec: report.codec,
    ...(report.clockRate !== undefined && { clockRate: report.clockRate }),
    packetsSent: report.sent,
    packetsReceived: report.received,
    ...(report.receivedEarly > 0 && { packetsEarly: report.receivedEarly }),
    packetsLost: report.lost,
    packetsReordered: report.reordered,
    packetsRepeated: report.repeated,
    packetsRefused: report.refused + report.unagreed + (report.unauthentic ?? 0) + (report.unencrypted ?? 0),
    ...(report.unauthentic !== undefined && { packetsUnauthentic: report.unauthentic }),
    ...(report.unencrypted !== undefined && { packetsUnencrypted: report.unencrypted }),
    packetsLate: report.late,
    digits: report.digits,
    ...rounded('firstSentMs', report.firstSentMs),
    ...rounded('firstAudioMs', report.firstReceivedMs),
    ...rounded('longestGapMs', report.longestGapMs),
    ...rounded('jitterMs', report.jitterMs),
    ...rounded('maxJitterMs', report.maxJitterMs),
    ...(report.remoteLost !== undefined && { remotePacketsLost: report.remoteLost }),
    ...rounded('remoteJitterMs', report.remoteJitterMs),
    ...rounded('remoteMaxJitterMs', report.remoteMaxJitterMs),
    ...rounded('roundTripMs', report.roundTripMs),
    ...rounded('maxRoundTripMs', report.maxRoundTripMs),
    reportsReceived: report.reportsReceived,
    ...(report.buffer && {
      packetsTooLate: report.buffer.tooLate,
      packetsDiscarded: report.buffer.discarded,
      framesConcealed: report.buffer.concealed,
      framesRepeated: report.buffer.repeated,
      framesSkipped: report.buffer.skipped,
      ...rounded('bufferMs', report.buffer.delayMs),
    }),
    ...rounded('mos', estimateHeardQuality(report)?.mos),
    ...rounded('remoteMos', estimateSaidQuality(report)?.mos),
    ...(report.expectedFrom && { expectedFrom: endpointText(report.expectedFrom) }),
    ...(report.receivedFrom && { receivedFrom: endpointText(report.receivedFrom) }),
    sourceMoves: report.sourceMoves,
    audioReceived: report.received > report.receivedEarly,
    silent: report.received > report.receivedEarly && !report.audible,
    oneWayAudio: answered && isOneWayAudio(report),
    problems: answered ? [...diagnoseMedia(report)] : [],
  };
}

/** To a tenth. */
function rounded<Name extends string>(name: Name, value: number | undefined): Partial<Record<Name, number>> {
  const none: Partial<Record<Name, number>> = {};
  return value === undefined ? none : { ...none, [name]: Math.round(value * 10) / 10 };
}

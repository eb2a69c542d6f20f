import type { Static } from 'typebox';
import { Type } from 'typebox';
import { count, dto, flag, nullable, oneOf, operation, optional, text, textMap, texts } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';
import { flowChannels } from './flows.ts';
import { SessionMemberInfo } from './session-members.ts';

const namespace = 'Voice.Api.Sessions';

/** What the media report of a call may find wrong. */
const mediaProblems = [
  'NothingSent',
  'RefusedSource',
  'Unencrypted',
  'Unauthentic',
  'UnagreedType',
  'HeldThroughout',
  'NothingReceived',
  'NothingHeardThere',
  'OnlySilence',
  'AudioStopped',
  'LateStart',
  'SourceMoved',
  'LossReceived',
  'LossSent',
  'JitterReceived',
  'JitterSent',
  'LongRoundTrip',
  'LateFrames',
  'PoorReceived',
  'PoorSent',
] as const;

export const SessionLogInfo = dto(
  { name: 'SessionLogInfo', namespace, description: 'A line of the log of a session.' },
  { date: optional(text), message: optional(text) },
);
export type SessionLogInfo = Static<typeof SessionLogInfo>;

const milliseconds = nullable(Type.Number());
const score = Type.Number();

export const SessionMediaProblem = dto(
  { name: 'SessionMediaProblem', namespace, description: 'What is wrong with the audio of a call.' },
  {
    problem: optional(oneOf('SessionMediaProblemKind', mediaProblems)),
    advice: optional(text, 'What is wrong and what to change.'),
  },
);

export const SessionMediaReport = dto(
  { name: 'SessionMediaReport', namespace, description: 'What became of the audio of a call.' },
  {
    codec: optional(text, 'The codec that was agreed last: PCMU, PCMA, G722 or opus.'),
    clockRate: optional(count, 'The clock of its RTP timestamps, in Hz: 8000, of opus 48000. It is not always the rate of its samples.'),
    packetsSent: optional(count),
    packetsReceived: optional(count),
    packetsEarly: optional(count, 'Of those, packets that came before the answer.'),
    packetsLost: optional(count, 'Packets of the other side that never came.'),
    packetsReordered: optional(count, 'Packets that came after a later one.'),
    packetsRepeated: optional(count, 'Packets that came once more.'),
    packetsRefused: optional(count, 'Packets that came from elsewhere, of a payload type that was not agreed, or not encrypted as agreed.'),
    packetsUnauthentic: optional(
      count,
      'Of those, in an encrypted call, packets that were not protected with the key of the other side, changed or repeated.',
    ),
    packetsUnencrypted: optional(count, 'Of those, packets that came in clear though the call was encrypted.'),
    packetsLate: optional(count, 'Packets that we sent more than 10 ms late.'),
    digits: optional(count, 'Digits that were received.'),
    firstSentMs: optional(milliseconds, 'From the answer, or the beginning of the stream when there was none, to the first packet sent.'),
    firstAudioMs: optional(
      milliseconds,
      'From the answer, or the beginning of the stream when there was none, to the first packet received.',
    ),
    longestGapMs: optional(milliseconds, 'The longest time between two packets that were received.'),
    jitterMs: optional(milliseconds, 'Mean interarrival jitter (RFC 3550).'),
    maxJitterMs: optional(milliseconds, 'The highest interarrival jitter.'),
    remotePacketsLost: optional(count, 'Packets of ours that the other side lost, as it reports by RTCP.'),
    remoteJitterMs: optional(milliseconds, 'Mean interarrival jitter of our packets at the other side, as it reports.'),
    remoteMaxJitterMs: optional(milliseconds, 'The highest jitter that the other side reported.'),
    roundTripMs: optional(milliseconds, 'Mean time through the network, there and back. Absent when the other side answers no reports.'),
    maxRoundTripMs: optional(milliseconds, 'The longest time there and back.'),
    reportsReceived: optional(count, 'RTCP reports of the other side.'),
    packetsTooLate: optional(
      count,
      'Packets that came too late to be heard. This and the next five only when somebody listened, as a recording does.',
    ),
    packetsDiscarded: optional(count, 'Packets that were thrown away because there were too many, or because the timestamps had jumped.'),
    framesConcealed: optional(count, 'Frames of 20 ms that were made up for what was lost or too late.'),
    framesRepeated: optional(
      count,
      'Frames that were played twice, because the delay had to grow or the clock of the other side is slower.',
    ),
    framesSkipped: optional(count, 'Frames that were left out, because the delay could shrink or the clock of the other side is faster.'),
    bufferMs: optional(milliseconds, 'How long audio was held back to even out jitter, its mean.'),
    mos: optional(
      score,
      'How good the other side sounded here: mean opinion score from 1 to 4.4, estimated from loss and delay (ITU-T G.107).',
    ),
    remoteMos: optional(score, 'How good this side sounded there, by its RTCP reports.'),
    expectedFrom: optional(text, 'Address and port in the SDP of the other side.'),
    receivedFrom: optional(text, 'Address and port that its audio came from, at last.'),
    sourceMoves: optional(
      count,
      'How often its audio went on from another port or address without a word in SDP, as when its NAT gives it another.',
    ),
    audioReceived: optional(flag, 'Audio came, since the answer when there was one.'),
    silent: optional(flag, 'Nothing but silence came since the answer.'),
    oneWayAudio: optional(
      flag,
      'Audio went one way only, also when the other side allowed no other by its SDP from the answer to the end.',
    ),
    problems: optional(Type.Array(SessionMediaProblem), 'What is wrong, the worst first. Empty when nothing is.'),
  },
);
export type SessionMediaReport = Static<typeof SessionMediaReport>;

export const SessionPartyReport = dto(
  { name: 'SessionPartyReport', namespace, description: 'What became of a call that was placed beside the call of a session.' },
  {
    address: optional(text, 'The number, or the name of the user, that was called.'),
    callSid: optional(text, 'The SIP Call-ID.'),
    sipCause: optional(nullable(Type.Integer()), 'The SIP status that ended it, if any.'),
    end: optional(text, 'How it ended, with the SIP status and the reason that the other side gave.'),
    mediaReport: optional(SessionMediaReport, 'What became of its audio. Absent when none was ever agreed on.'),
  },
);
export type SessionPartyReport = Static<typeof SessionPartyReport>;

const sessionCallStates = oneOf('SessionCallState', ['Disconnected', 'Ringing', 'Connected', 'Hold', 'Passive']);
const holdReasons = oneOf('SessionHoldReasons', ['None', 'Transferring']);

export const SessionInfo = dto(
  { name: 'SessionInfo', namespace, description: 'One communication: a call.', base: 'EntityInfo' },
  {
    ...entityMembers,
    dialState: optional(oneOf('SessionDialState', ['None', 'Active'])),
    callState: optional(sessionCallStates),
    queueState: optional(oneOf('SessionQueueStates', ['None', 'Queued', 'Ringing', 'Connected', 'Hold', 'Disconnected'])),
    accountId: optional(text),
    accountName: optional(text),
    endpointId: optional(text, 'The phone number of the caller ID; of an incoming call, the endpoint that was called.'),
    endpointName: optional(text),
    dateAnswered: optional(text, 'When the call was answered.'),
    dateCompleted: optional(text, 'When the call completed.'),
    destination: optional(text),
    toAddress: optional(text),
    fromAddress: optional(text),
    forwardedFrom: optional(text, 'For whom a call that comes in was before it was forwarded to `toAddress`, as its trunk says.'),
    channel: optional(flowChannels),
    holdReason: optional(holdReasons, 'Why the call is on hold, when it is.'),
    heldByUserId: optional(text, 'Who put it on hold.'),
    ended: optional(flag, 'The session is over.'),
    outcome: optional(text, 'Outcome of the call.'),
    sipCause: optional(nullable(Type.Integer()), 'The SIP status that ended the call, if any.'),
    callSid: optional(text, 'The SIP Call-ID.'),
    conferenceSid: optional(text, 'The id of the conference that the call is in.'),
    members: optional(Type.Array(SessionMemberInfo), 'While it is in a conference: its call, and those whom it has called into it.'),
    direction: optional(text),
    flowId: optional(text, 'The saved flow that the call runs. Absent when it has a flow of its own.'),
    trunkId: optional(text),
    metadata: optional(textMap, 'What was given when the call was placed.'),
    notBefore: optional(text, 'When the call is, or was, to be dialled.'),
    expiresAt: optional(text, 'When the call is given up if it has not been dialled by then.'),
    mediaReport: optional(SessionMediaReport, 'What became of the audio, when the call is over.'),
    partyReports: optional(
      Type.Array(SessionPartyReport),
      'What became of those who were called beside the call, the last 50, when it is over. Absent when there were none.',
    ),
    log: optional(Type.Array(SessionLogInfo)),
  },
);
export type SessionInfo = Static<typeof SessionInfo>;

export const NewOutgoingSession = operation({
  routes: ['POST /sessions/outgoing'],
  tag: 'Sessions',
  auth: ['Manager', 'SystemAdministrator'],
  request: dto(
    {
      name: 'NewOutgoingSession',
      namespace,
      description:
        'Create a new outgoing call and process it with the specified flow. This can only be used for voice sessions. If no caller ID is specified, we will use a random one.',
    },
    {
      flowId: optional(text, 'The ID of the flow to use. This flow will be executed as soon as the call is answered.'),
      numberToDial: optional(text, 'The E164 number to dial, e.g. +18144043093'),
      callerId: optional(text, 'The Caller ID to use. This must be the E164 number of an owned phone number'),
    },
  ),
});

export const ListSessions = operation({
  routes: ['GET /sessions'],
  tag: 'Sessions',
  auth: 'login',
  request: dto(
    { name: 'ListSessions', namespace, description: 'List sessions.', base: listRequestOf('SessionInfo') },
    {
      ...listMembers,
      accountIds: optional(texts),
      startDate: optional(text),
      endDate: optional(text),
      endpointIds: optional(texts),
      from: optional(text),
      to: optional(text),
      log: optional(text),
    },
  ),
  response: listResponse('SessionInfo', SessionInfo),
});

export const GetSession = operation({
  routes: ['GET /sessions/{sessionId}'],
  tag: 'Sessions',
  auth: 'login',
  request: dto({ name: 'GetSession', namespace, description: 'Get a session.' }, { sessionId: optional(text) }),
  response: SessionInfo,
});

export const RedirectSession = operation({
  routes: ['POST /sessions/{sessionId}/redirect'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'RedirectSession', namespace, description: 'Send the session to another destination.' },
    {
      sessionId: optional(text),
      destination: optional(
        text,
        'Whom the call is sent to: an E164 number, e.g. +18144043093, the ID of a phone number, a user or a team of the account, or the SIP name of a user. The call leaves its flow, and is hung up at the end.',
      ),
      callerId: optional(text, 'The Caller ID to use. This must be the E164 number of an owned phone number'),
    },
  ),
});

export const HoldSession = operation({
  routes: ['POST /sessions/{sessionId}/hold'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    {
      name: 'HoldSession',
      namespace,
      description:
        'Put the session on hold or on hold for transferring: the other side hears music. PATCH it with CallState Connected to resume.',
    },
    {
      sessionId: optional(text),
      callSid: optional(
        text,
        'The local call SID: the SIP Call-ID of who holds the other side. If absent, and when it is the only call, the call of the session is held.',
      ),
      reason: optional(holdReasons, 'The reason for the hold.'),
      audioFile: optional(text, 'The ID of an audio file to play instead of the usual music.'),
    },
  ),
  response: SessionInfo,
});

export const PatchSession = operation({
  routes: ['PATCH /sessions/{sessionId}'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'PatchSession', namespace, description: 'Update a session whose call is up: put it on hold, or resume it.' },
    {
      sessionId: optional(text),
      callState: optional(sessionCallStates, 'Hold puts the call on hold, Connected resumes it.'),
      holdReason: optional(holdReasons, 'The reason for the hold.'),
    },
  ),
  response: SessionInfo,
});

export const RecordSession = operation({
  routes: ['POST /sessions/{sessionId}/record'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'RecordSession', namespace, description: 'Start to record the call of a session, or do something to its recording.' },
    {
      sessionId: optional(text),
      action: optional(
        oneOf('RecordSessionActions', ['Start', 'Stop', 'Pause', 'Resume']),
        'Start, if absent. What is said in a pause is not in the file; Stop stores the file before it is answered.',
      ),
      layout: optional(
        oneOf('RecordingLayouts', ['Stereo', 'Mono']),
        'Stereo, if absent: what is said to the other side on the left, what is heard of it on the right. Mono: both in one channel.',
      ),
    },
  ),
});

export const RejectSession = operation({
  routes: ['POST /sessions/{sessionId}/reject'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'RejectSession', namespace, description: 'Reject a session that has not been answered yet.' },
    { sessionId: optional(text) },
  ),
});

export const AddSessionLog = operation({
  routes: ['POST /sessions/{sessionId}/log'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'AddSessionLog', namespace, description: 'Append a line to the log of a session that is not over.' },
    { sessionId: optional(text), message: optional(text, 'The line to append, at most 1,000 characters.') },
  ),
});

export const EndSession = operation({
  routes: ['DELETE /sessions/{sessionId}'],
  tag: 'Sessions',
  auth: ['User', 'Manager', 'SystemAdministrator'],
  request: dto(
    { name: 'EndSession', namespace, description: 'End the session.' },
    {
      sessionId: optional(text),
      callSid: optional(
        text,
        'The local call ID: the SIP Call-ID of the one call of the session to end. Its own call ends the session; after another one it goes on.',
      ),
    },
  ),
});

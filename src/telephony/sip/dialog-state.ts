import type { WireKind } from '../../wire/wire.ts';
import type { HeaderList } from './header-list.ts';
import type { SipMessage, SipRequest, SipResponse } from './message.ts';
import { parseNameAddress } from './parse-address.ts';
import type { SessionTimer } from './session-timer.ts';
import { SipParseError } from './sip-parse-error.ts';
import { splitList } from './split-list.ts';
import type { Hop } from './transport.ts';
import { parseUri } from './uri.ts';

/**
 * Everything about a dialog (RFC 3261 section 12) that another process needs to go on with it, as plain JSON. Passwords and
 * nonces are not part of it. Each change makes a new object.
 */
export interface DialogState {
  readonly phase: 'early' | 'confirmed';
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  readonly localTag: string;
  /** '' for a peer of RFC 2543, which has none. */
  readonly remoteTag: string;
  /** The complete From value of our requests, tag included, as it was sent first. */
  readonly local: string;
  /** The complete To value of our requests, as the peer wrote it. */
  readonly remote: string;
  /** CSeq number of our latest request. */
  readonly localCSeq: number;
  /** CSeq number of the peer's latest request, once there is one. */
  readonly remoteCSeq?: number;
  /** Route values in the order in which our requests carry them. */
  readonly routeSet: readonly string[];
  /** The peer's Contact URI. */
  readonly remoteTarget: string;
  /** Our Contact URI. */
  readonly contact: string;
  /** Where the INVITE went to or came from; used when the target or route names no address that we can send to. */
  readonly nextHop: Omit<Hop, 'transport'>;
  readonly transport: WireKind;
  /** The latest INVITE of the dialog, whoever sent it, and whether its ACK was sent or received. */
  readonly invite: { readonly cSeq: number; readonly acked: boolean };
  /** The peer's Allow and Supported values, in upper and lower case respectively. */
  readonly allow: readonly string[];
  readonly supported: readonly string[];
  /** Whose offer waits for its answer (RFC 6337 section 2.2). */
  readonly openOffer: 'none' | 'local' | 'remote';
  /** The latest reliable provisional response to the INVITE with this CSeq, and whether one has agreed on the session (RFC 3262). */
  readonly provisional?: { readonly cSeq: number; readonly rSeq: number; readonly agreed: boolean };
  /** The session timer that was agreed on, if any; not before the call is answered. */
  readonly sessionTimer?: SessionTimer | undefined;
  readonly localSdp?: string;
  readonly remoteSdp?: string;
}

/** How far the CSeq of a dialog that is taken over jumps, so that requests nobody recorded are not repeated. */
const CSEQ_BLOCK = 100;

/** What we know of our own INVITE when a response to it makes a dialog. */
export interface InviteSent {
  readonly callId: string;
  readonly localTag: string;
  /** The From value, tag included. */
  readonly local: string;
  readonly requestUri: string;
  readonly contact: string;
  readonly hop: Hop;
  readonly cSeq: number;
  /** Undefined when the INVITE asked for an offer of the peer. */
  readonly offer: string | undefined;
}

/** The dialog that a provisional response with a To tag, or a 2xx, makes at the caller (RFC 3261 section 12.1.2). */
export function stateOfResponse(invite: InviteSent, response: SipResponse, remoteSdp: string | undefined): DialogState {
  const { headers } = response;
  return {
    phase: response.status < 200 ? 'early' : 'confirmed',
    role: 'uac',
    callId: invite.callId,
    localTag: invite.localTag,
    remoteTag: tagOf(headers.first('To')) ?? '',
    local: invite.local,
    remote: headers.first('To') ?? '',
    localCSeq: invite.cSeq,
    routeSet: valuesOf(headers, 'Record-Route').reverse(),
    remoteTarget: contactOf(headers) ?? invite.requestUri,
    contact: invite.contact,
    nextHop: endpointOf(invite.hop),
    transport: invite.hop.transport,
    invite: { cSeq: invite.cSeq, acked: false },
    ...peerAbilities(headers),
    openOffer: invite.offer === undefined || response.status >= 200 ? 'none' : 'local',
    ...(invite.offer !== undefined && { localSdp: invite.offer }),
    ...(remoteSdp !== undefined && { remoteSdp }),
  };
}

/** What we know of ourselves when an INVITE makes a dialog. */
export interface InviteReceived {
  readonly request: SipRequest;
  readonly cSeq: number;
  readonly localTag: string;
  readonly contact: string;
  readonly source: Hop;
}

/**
 * The early dialog that our response to an INVITE makes at the callee (RFC 3261 section 12.1.1).
 * A caller of RFC 2543 may leave out its Contact: it is then reached by its From (RFC 4475 section 3.4.1).
 * @throws SipParseError 400 when the INVITE has no Contact that requests can be sent to.
 */
export function stateOfInvite(invite: InviteReceived, remoteSdp: string | undefined): DialogState {
  const { headers } = invite.request;
  const remoteTarget = contactOf(headers) ?? senderOf2543(headers);
  if (remoteTarget === undefined) throw new SipParseError(400, 'Contact is missing or not valid');
  return {
    phase: 'early',
    role: 'uas',
    callId: headers.first('Call-ID') ?? '',
    localTag: invite.localTag,
    remoteTag: tagOf(headers.first('From')) ?? '',
    local: `${headers.first('To') ?? ''};tag=${invite.localTag}`,
    remote: headers.first('From') ?? '',
    localCSeq: 0,
    remoteCSeq: invite.cSeq,
    routeSet: valuesOf(headers, 'Record-Route'),
    remoteTarget,
    contact: invite.contact,
    nextHop: endpointOf(invite.source),
    transport: invite.source.transport,
    invite: { cSeq: invite.cSeq, acked: false },
    ...peerAbilities(headers),
    openOffer: remoteSdp === undefined ? 'none' : 'remote',
    ...(remoteSdp !== undefined && { remoteSdp }),
  };
}

/**
 * The state of a dialog of ours that its 2xx confirms: what the 2xx says, but the numbers of requests go on, and so does the session when
 * a reliable provisional response has agreed on it (RFC 6337 section 3.1.1).
 */
export function confirmedBy(early: DialogState, answered: DialogState): DialogState {
  const { localCSeq, remoteCSeq, provisional, openOffer, localSdp, remoteSdp } = early;
  return {
    ...answered,
    localCSeq: Math.max(localCSeq, answered.localCSeq),
    ...(remoteCSeq !== undefined && { remoteCSeq }),
    ...(provisional && { provisional }),
    ...(provisional?.agreed && { openOffer }),
    ...(provisional?.agreed && localSdp !== undefined && { localSdp }),
    ...(provisional?.agreed && remoteSdp !== undefined && { remoteSdp }),
  };
}

/** The state with the target that a Contact in a re-INVITE, UPDATE or a 2xx to one names (RFC 3261 section 12.2). */
export function refreshTarget(state: DialogState, message: SipMessage): DialogState {
  const remoteTarget = contactOf(message.headers);
  return remoteTarget === undefined || remoteTarget === state.remoteTarget ? state : { ...state, remoteTarget };
}

/**
 * The state after a re-INVITE or UPDATE of the peer. A caller behind NAT is reached where its INVITE came from, and from now on where this
 * came from: the NAT may have given it another port.
 */
export function refreshedBy(state: DialogState, request: SipRequest, { address, port, transport }: Hop): DialogState {
  const refreshed = refreshTarget(state, request);
  const { nextHop } = state;
  const moved = nextHop.address !== address || nextHop.port !== port;
  return moved && state.role === 'uas' && state.transport === transport
    ? { ...refreshed, nextHop: { ...nextHop, address, port } }
    : refreshed;
}

/** The state for another process that goes on with the dialog: its requests begin a new block of CSeq numbers. */
export function takenOver(state: DialogState): DialogState {
  return { ...state, localCSeq: state.localCSeq + CSEQ_BLOCK, openOffer: 'none' };
}

/** The name of a dialog among all of a user agent (RFC 3261 section 12). */
export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** The tag of a From or To value; undefined when it has none or cannot be read. */
export function tagOf(line: string | undefined): string | undefined {
  if (line === undefined) return undefined;
  try {
    return parseNameAddress(line).tag;
  } catch {
    return undefined;
  }
}

/** The URI of the topmost Contact; undefined when there is none that a SIP request can be sent to. */
function contactOf(headers: HeaderList): string | undefined {
  return targetIn(valuesOf(headers, 'Contact')[0]);
}

function senderOf2543(headers: HeaderList): string | undefined {
  const from = headers.first('From');
  return headers.first('Contact') !== undefined || tagOf(from) !== undefined ? undefined : targetIn(from);
}

function targetIn(address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  try {
    const { uri } = parseNameAddress(address);
    return parseUri(uri).scheme === 'tel' ? undefined : uri;
  } catch {
    return undefined;
  }
}

function endpointOf({ address, port, serverName, isOnlyWay }: Hop): DialogState['nextHop'] {
  return { address, port, ...(serverName !== undefined && { serverName }), ...(isOnlyWay && { isOnlyWay }) };
}

function peerAbilities(headers: HeaderList): Pick<DialogState, 'allow' | 'supported'> {
  return {
    allow: valuesOf(headers, 'Allow').map((method) => method.toUpperCase()),
    supported: valuesOf(headers, 'Supported').map((option) => option.toLowerCase()),
  };
}

/** The values of a list header; none when it cannot be read, as a call is worth more than its optional headers. */
function valuesOf(headers: HeaderList, name: string): string[] {
  try {
    return splitList(headers.all(name));
  } catch {
    return [];
  }
}

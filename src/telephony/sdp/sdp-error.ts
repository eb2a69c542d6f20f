/** Why offer and answer came to nothing. */
export type SdpFailure =
  /** The text is not SDP (RFC 8866). */
  | 'malformed'
  /** One of our limits is exceeded. */
  | 'too-large'
  /** There is no audio stream in it. */
  | 'no-audio'
  /** The audio stream was refused: its port is 0 (RFC 3264 section 6). */
  | 'rejected'
  /** The audio stream is neither RTP/AVP or RTP/AVPF nor, where we can have that, RTP/SAVP or RTP/SAVPF. */
  | 'no-protocol'
  /** SRTP is required, or was agreed before, and the other side gives no key that we can use (RFC 4568). */
  | 'no-key'
  /** No codec is left that both sides have. */
  | 'no-codec'
  /** Where to send to is missing, or is not an IP address. */
  | 'no-address';

/** Offer and answer did not lead to an agreement. The message is for people and holds nothing of what the peer sent. */
export class SdpError extends Error {
  readonly reason: SdpFailure;

  constructor(reason: SdpFailure, message: string) {
    super(message);
    this.name = 'SdpError';
    this.reason = reason;
  }
}

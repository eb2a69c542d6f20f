/** What is to be known of a SIP message without reading it whole: of ours, and of other phones with their short names of headers. */
export interface MessageFacts {
  /** The first line. */
  readonly line: string;
  /** Of a response. */
  readonly status: number | undefined;
  /** Of the request, or of that which is answered. */
  readonly method: string;
  readonly cSeq: number;
  readonly callId: string;
  /** Of the topmost Via. */
  readonly branch: string;
  /** Whether the topmost Via names a transport that repeats by itself what is lost. */
  readonly isReliable: boolean;
}

/** @param message its bytes as latin1 */
export function factsOf(message: string): MessageFacts {
  const [line = ''] = message.split('\r\n', 1);
  const [, status] = /^SIP\/2\.0 (\d+)/.exec(line) ?? [];
  const [, number = '', method = ''] = /^CSeq: *(\d+) +(\w+)/im.exec(message) ?? [];
  const [, callId = ''] = /^(?:Call-ID|i): *(.*)\r$/im.exec(message) ?? [];
  const [, transport = '', branch = ''] = /^(?:Via|v): *SIP\/2\.0\/(\w+) .*?;branch=([^;,\r]*)/im.exec(message) ?? [];
  const isReliable = transport.toUpperCase() !== 'UDP';
  return { line, status: status === undefined ? undefined : Number(status), method, cSeq: Number(number), callId, branch, isReliable };
}

/** Whether bytes begin as a SIP message does. RTP and RTCP begin with a byte that is no letter. */
export function isMessage(bytes: Uint8Array): boolean {
  const [first = 0] = bytes;
  return first >= 0x41 && first <= 0x5a;
}

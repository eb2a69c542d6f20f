/** The content type of the parts of messages that report how a REFER goes (RFC 3420). */
export const SIPFRAG = 'message/sipfrag;version=2.0';

export interface SipfragStatus {
  readonly status: number;
  readonly reason: string;
}

const STATUS_LINE = /^SIP\/2\.0 ([1-6][0-9]{2})(?: ([^\r\n]{0,200}))?(?:\r?\n|$)/i;
const MAX_BYTES = 4096;

/** Whether a Content-Type is that of a part of a message. */
export function isSipfrag(contentType: string | undefined): boolean {
  return /^message\/sipfrag\s*(?:;|$)/i.test(contentType ?? '');
}

/** The status line at the start of a body of type message/sipfrag; undefined when there is none (RFC 3515 section 2.4.5). */
export function readSipfrag(body: Uint8Array): SipfragStatus | undefined {
  if (body.length > MAX_BYTES) return undefined;
  const [, digits, reason = ''] = STATUS_LINE.exec(Buffer.from(body).toString('utf8')) ?? [];
  return digits === undefined ? undefined : { status: Number(digits), reason: reason.trim() };
}

/** The counterpart of `readSipfrag`. Anything in `reason` that would end the line is left out. */
export function writeSipfrag({ status, reason }: SipfragStatus): string {
  return `SIP/2.0 ${status} ${reason.replace(/\p{Cc}+/gu, ' ')}\r\n`;
}
